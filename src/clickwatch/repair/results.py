"""What became of each line of an edited file."""

from dataclasses import dataclass
from enum import StrEnum

from clickwatch.domain.place import Place


class Outcome(StrEnum):
    """What became of a line. The words are those of `--json`."""

    SENT = "sent"
    FOUND = "found"
    """An interrupted run had sent it; now that is written down."""
    REPAIRED = "repaired_before"
    COUNTED = "counted_before"
    """Not sent: an event with its `event_id` has been accepted, or stands in another line."""
    REFUSED = "refused"
    MALFORMED = "malformed"
    UNCERTAIN = "uncertain"
    """Not sent: an interrupted run may have sent it, and the log is no longer kept as far back."""


FAILED = frozenset({Outcome.REFUSED, Outcome.MALFORMED, Outcome.UNCERTAIN})
"""Outcomes after which something is left to do."""


@dataclass(frozen=True)
class Result:
    """What became of line `line`, and why (`detail`, a sentence without its full stop, harmless for a terminal).

    `place`: the refused record's; `new_place`: that of the record in its stead. `event_time` in µs, of an event that
    went onto the log; `is_late`: one of its windows or more had ended by then.
    """

    line: int
    outcome: Outcome
    place: Place | None = None
    reason: str = ""
    detail: str = ""
    new_place: Place | None = None
    event_time: int | None = None
    is_late: bool = False
