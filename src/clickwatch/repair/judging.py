"""Edited lines, judged before anything is sent: by the same judge that will meet them again."""

from collections.abc import Callable
from dataclasses import dataclass

from clickwatch.domain.event import Event, Refusal
from clickwatch.domain.judge import judge
from clickwatch.domain.place import Place
from clickwatch.repair.document import MAX_LINE_BYTES, Malformed, proposal_of
from clickwatch.repair.lines import Line


@dataclass(frozen=True)
class Candidate:
    """A line that names a refused record, and what the judge says of the one that is to stand in for it.

    `record` is one line of the log, without its end.
    """

    line: int
    place: Place
    record: bytes
    verdict: Event | Refusal

    @property
    def event_id(self) -> str | None:
        """The id of the event, if it is one and has one."""
        return self.verdict.event_id if isinstance(self.verdict, Event) else None


class Bench:
    """Judges lines as if the log took them in now: `clock` and `max_future` (how far ahead an event may be) in µs."""

    def __init__(self, clock: Callable[[], int], max_future: int) -> None:
        self._clock = clock
        self._max_future = max_future

    def candidate(self, line: Line) -> Candidate:
        """What a line proposes, judged. Raises Malformed."""
        if line.content is None:
            raise Malformed(f"it is longer than {MAX_LINE_BYTES // 1024:,} KiB")
        proposal = proposal_of(line.content)
        verdict = judge(proposal.raw, self._clock(), self._max_future)
        # A record of the log is one line. A line break that the judge allows stands between tokens, as a blank may.
        return Candidate(line.number, proposal.place, proposal.raw.replace(b"\n", b" "), verdict)


def key_of(event: Event) -> bytes:
    """The key of an event's record on the log: its user, who decides on the partition too."""
    return event.user_id.encode("utf-8")
