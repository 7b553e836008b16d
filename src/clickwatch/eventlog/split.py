"""Cutting what is appended into groups: whole records, bounded, so that each can be checked by itself."""

from collections.abc import Iterator

import numpy as np

from clickwatch.errors import RecordTooLong
from clickwatch.eventlog.port import MAX_RECORD_BYTES

_CURE = "Send it in smaller parts, or leave it out"


def check_lines(lines: bytes) -> None:
    """Raises ValueError if the last line has no end, RecordTooLong if a line is above MAX_RECORD_BYTES."""
    if lines and not lines.endswith(b"\n"):
        raise ValueError("every record must end in a newline")
    if len(lines) <= MAX_RECORD_BYTES + 1:
        return
    ends = np.flatnonzero(np.frombuffer(lines, np.uint8) == ord("\n"))
    longest = int(np.diff(ends, prepend=-1).max()) - 1
    if longest > MAX_RECORD_BYTES:
        raise RecordTooLong(
            f"A record of {longest} bytes is too long for the log, which takes {MAX_RECORD_BYTES}", _CURE
        )


def groups_of(lines: bytes, group_bytes: int) -> Iterator[memoryview]:
    """Pieces of whole lines in order, without copying; each at most `group_bytes`, or one longer line."""
    view = memoryview(lines)
    start = 0
    while start < len(lines):
        end = lines.rfind(b"\n", start, start + group_bytes) + 1
        if not end:
            end = lines.index(b"\n", start) + 1
        yield view[start:end]
        start = end
