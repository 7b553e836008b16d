"""The watermark of a log partition: how far event time has surely come, in µs since the Unix epoch, UTC.

At a position it is the greatest `min(event time, log time)` over the valid records before that position
(duplicates included), minus the delay; None before the first valid record. It never goes back.
The idea is MillWheel's low watermark (Akidau et al., VLDB 2013), held per partition and per record.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class StreamRules:
    """The settings that shape decisions, all in µs."""

    delay: int
    max_future: int
    horizon: int

    @property
    def expiry_span(self) -> int:
        """How far the expiry of an event's id (event time + horizon) lies ahead of the watermark after it, at most.

        That watermark is `min(event time, log time) - delay` or later, and an event is `max_future` after its log
        time at most.
        """
        return self.delay + self.max_future + self.horizon


def advanced(watermark: int | None, event_time: int, log_time: int, delay: int) -> int:
    """The watermark after one more valid record."""
    candidate = min(event_time, log_time) - delay
    return candidate if watermark is None else max(watermark, candidate)


def slowest(watermarks: Iterable[int | None]) -> int | None:
    """The least of several watermarks; None if any partition has none yet, or there is no partition."""
    known = list(watermarks)
    if not known or any(mark is None for mark in known):
        return None
    return min(mark for mark in known if mark is not None)
