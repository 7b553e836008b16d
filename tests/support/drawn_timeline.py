"""A timeline of one partition, drawn from what the reference says of its records.

A row per record, in the order of the log; a column per half minute of event time. `●` is the event, `w` the watermark
before the record, and what the watermark has passed is grey.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from clickwatch.domain.reference import Truth
from clickwatch.domain.window import MINUTE
from tests.support.timelines import SPEC, Entry, act, minute, truth

_STEP = 2
_LABELS = len("1  07:06  ")


def minutes_of(clock: str) -> int:
    """`07:06` as minutes since midnight."""
    hours, minutes = map(int, clock.split(":"))
    return 60 * hours + minutes


def clock(at: int) -> str:
    """The inverse of `minutes_of`."""
    return f"{at // 60:02}:{at % 60:02}"


@dataclass(frozen=True)
class Record:
    """A view of one product; times in minutes since midnight."""

    log_time: int
    event_time: int
    event_id: str

    def entry(self) -> Entry:
        """The record as the log has it."""
        return act(self.event_time, logged=self.log_time, event_id=self.event_id)


def drawing(records: Sequence[Record], first: int, last: int) -> str:
    """The timeline between two minutes, each row with what became of its record."""
    rows = _ruler(first, last)
    for place, record in enumerate(records):
        before, after = (truth([each.entry() for each in records[:end]]) for end in (place, place + 1))
        track = _track(before.watermarks[0], record.event_time, first, last)
        rows.append(f"{place + 1}  {clock(record.log_time)}  {track}{outcome(before, after)}")
    return _text(rows)


def window_drawing(answer: Truth, first: int, last: int) -> str:
    """The windows between two minutes, each with its views and whether it is closed."""
    rows = _ruler(first, last)
    for key, row in sorted(answer.windows.items()):
        start, end = _minute_of_day(key), _minute_of_day((row.window_end, ""))
        if first <= start and end <= last:
            bar = " " * (_STEP * (start - first)) + f"[{'─' * (_STEP * (end - start) - 1)})"
            views = f"{row.view_count} view{'s' * (row.view_count != 1)}, {'closed' if row.closed else 'open'}"
            rows.append(f"{' ' * _LABELS}{bar.ljust(_STEP * (last - first) + 1)} {views}")
    return _text(rows)


def _ruler(first: int, last: int) -> list[str]:
    marks = [clock(at) for at in range(first, last, 5)]
    return [" " * _LABELS + "".join(each.ljust(5 * _STEP) for each in row) for row in (marks, "|" * len(marks))]


def _text(rows: Sequence[str]) -> str:
    return "".join(f"{row.rstrip()}\n" for row in rows)


def _track(watermark: int | None, event: int, first: int, last: int) -> str:
    cells = [" "] * (_STEP * (last - first))
    if watermark is not None:
        passed = _STEP * ((watermark - minute(first)) // MINUTE)
        cells[: passed + 1] = [*"░" * passed, "w"]
    cells[_STEP * (event - first)] = "●"
    return "".join(cells)


def outcome(before: Truth, after: Truth) -> str:
    """What became of the record that `after` has and `before` has not."""
    refused = set(after.quarantine) - set(before.quarantine)
    if refused:
        return f"refused, {after.quarantine[refused.pop()]}"
    if len(after.archive) == len(before.archive):
        return "duplicate"
    starts = sorted(key for key, row in after.windows.items() if row.view_count != _views(before, key))
    windows = [f"{clock(start)}–{clock(start + SPEC.length // MINUTE)}" for start in map(_minute_of_day, starts)]
    return f"{'late' if after.archive[-1].is_late else 'on time'}: {', '.join(windows) or 'no window'}"


def _views(answer: Truth, key: tuple[int, str]) -> int:
    return answer.windows[key].view_count if key in answer.windows else 0


def _minute_of_day(key: tuple[int, str]) -> int:
    return (key[0] - minute(0)) // MINUTE
