"""When events happen: evenly, or in the rhythm of a day with a quiet night and a busy evening."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from clickwatch.domain.window import DAY, HOUR, MINUTE

_BY_HOUR = np.array(
    [
        (0.50, 0.34, 0.25, 0.20, 0.20, 0.25),
        (0.40, 0.62, 0.85, 1.02, 1.15, 1.23),
        (1.30, 1.28, 1.20, 1.18, 1.22, 1.34),
        (1.55, 1.82, 1.95, 1.80, 1.38, 0.87),
    ]
).ravel()
PEAK = float(_BY_HOUR.max() / _BY_HOUR.mean())
"""The busiest hour against the average one."""


class Rhythm(Protocol):
    """Spreads a known number of events over a span of time."""

    def times(self, first: int, count: int, chances: NDArray[np.float64]) -> NDArray[np.int64]:
        """The times of events `[first, first + count)`, ascending, µs since the Unix epoch, UTC.

        `chances` holds one number of `[0, 1)` per event: where in its share of time it happens.
        """


class Even:
    """Event n of N happens exactly at `start + n * duration / N` (µs, rounded down)."""

    def __init__(self, start: int, duration: int, events: int) -> None:
        self._start, self._duration, self._events = start, duration, events

    def times(self, first: int, count: int, chances: NDArray[np.float64]) -> NDArray[np.int64]:
        """See Rhythm. The chances are not used."""
        # In Python's integers up to `first`, so that no product outgrows 64 bits.
        whole, rest = divmod(first * self._duration, self._events)
        return self._start + whole + (rest + np.arange(count, dtype=np.int64) * self._duration) // self._events


class Daily:
    """Events follow the hour of the UTC day; each happens somewhere in its own share of time."""

    def __init__(self, start: int, duration: int, events: int) -> None:
        self._events = events
        self._start = start
        self._last = start + duration - 1
        minutes = np.arange(0, duration, MINUTE, dtype=np.int64)
        self._elapsed = np.append(minutes, duration).astype(np.float64)
        hours = (start + minutes) % DAY / HOUR
        busy = np.interp(hours, np.arange(25), np.append(_BY_HOUR, _BY_HOUR[0]))
        shares = np.cumsum(busy * np.diff(self._elapsed))
        self._reached = np.concatenate([[0.0], shares / shares[-1]])

    def times(self, first: int, count: int, chances: NDArray[np.float64]) -> NDArray[np.int64]:
        """See Rhythm."""
        reached = (first + np.arange(count) + chances) / self._events
        elapsed = np.interp(reached, self._reached, self._elapsed).astype(np.int64)
        return np.minimum(self._start + elapsed, self._last)
