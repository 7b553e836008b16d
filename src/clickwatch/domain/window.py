"""Sliding windows over event time: half-open `[start, end)`, aligned to the Unix epoch, in µs."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True)
class WindowSpec:
    """Window length and slide, both in µs, `0 < slide <= length`."""

    length: int = 10 * MINUTE
    slide: int = 5 * MINUTE

    def __post_init__(self) -> None:
        if not 0 < self.slide <= self.length:
            raise ValueError("the slide must be above zero and no longer than the window")

    @property
    def pane(self) -> int:
        """The greatest slice of time that all windows share, in µs."""
        return math.gcd(self.length, self.slide)

    def first_start(self, event_time: int) -> int:
        """The start of the earliest window that holds `event_time`."""
        return ((event_time - self.length) // self.slide + 1) * self.slide

    def starts(self, event_time: int) -> Iterator[int]:
        """The starts of all windows that hold `event_time`, earliest first."""
        return iter(range(self.first_start(event_time), event_time + 1, self.slide))

    def has_ended(self, start: int, watermark: int | None) -> bool:
        """Whether the window has ended at a watermark (`end <= watermark`); None is before all time."""
        return watermark is not None and start + self.length <= watermark
