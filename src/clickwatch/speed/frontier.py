"""How far windows may be closed: the slowest partition's watermark, with idle partitions left out.

Closing is a signal and changes no count. A partition that was read to its end and stayed silent for a while no longer
holds the others back: for it the wall clock minus the delay stands in, if that is further than its watermark.
"""

from collections.abc import Iterable

from clickwatch.domain.watermark import slowest


class Frontier:
    """When each partition was last heard of (on a monotonic clock, µs), and what that means for closing."""

    def __init__(self, partitions: Iterable[int], idle_after: int | None, delay: int, started: int) -> None:
        """`idle_after` and `delay` in µs; `idle_after` None: watermarks alone decide."""
        self._heard = dict.fromkeys(partitions, started)
        self._idle_after = idle_after
        self._delay = delay

    def heard(self, partition: int, now: int) -> None:
        """A partition gave records at `now` (monotonic µs)."""
        self._heard[partition] = now

    def at(self, watermarks: dict[int, int | None], now: int, wall_clock: int) -> int | None:
        """The frontier in µs, None while a partition without a watermark holds all windows open."""
        return slowest(
            self._effective(partition, watermarks.get(partition), now, wall_clock) for partition in self._heard
        )

    def _effective(self, partition: int, watermark: int | None, now: int, wall_clock: int) -> int | None:
        if self._idle_after is None or now - self._heard[partition] < self._idle_after:
            return watermark
        by_clock = wall_clock - self._delay
        return by_clock if watermark is None else max(watermark, by_clock)
