"""Keeping the pace: records are handed on when they are due, by event time against a clock that never jumps."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from clickwatch.domain.window import DAY, HOUR, SECOND
from clickwatch.sources.batch import NO_TIME, LineBatch

_TICK = 50_000
_LONGEST_NAP = SECOND // 5
_FAR = HOUR


class Pace:
    """The running state of a paced delivery.

    `clock` is monotonic, in µs; `sleep` takes seconds; `speed` is event time per clock time; `stopping` ends the
    waiting. A record is due by the distance of its time to the first one, never by the distance to the one
    before: nothing drifts, and after a stall all that has become due goes at once.
    """

    def __init__(
        self,
        clock: Callable[[], int],
        sleep: Callable[[float], None],
        stopping: Callable[[], bool],
        speed: float = 1.0,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._stopping = stopping
        self._speed = speed
        self._origin: tuple[int, int] | None = None
        self._latest = NO_TIME
        self._handed_on = clock() - _TICK

    def begin(self, event_time: int) -> None:
        """A record of this event time is due now."""
        self._origin = (event_time, self._clock())

    def parts(self, batch: LineBatch) -> Iterator[LineBatch]:
        """The batch in pieces, each when it is due, about 20 a second at most. Ends early when stopping."""
        if not len(batch):
            return
        due = self._due(batch.times if batch.times is not None else np.full(len(batch), NO_TIME))
        done = 0
        while done < len(batch):
            if not self._wait_until(max(int(due[done]), self._handed_on + _TICK)):
                return
            self._handed_on = self._clock()
            upto = int(np.searchsorted(due, self._handed_on, side="right"))
            yield batch.part(done, upto)
            done = upto

    def _due(self, times: NDArray[np.int64]) -> NDArray[np.int64]:
        """When each record is due by the clock, ascending: order is kept, whatever the records say."""
        times = _without_lone_jumps(times)
        known = times[times != NO_TIME]
        if self._origin is None and len(known):
            self.begin(int(known[0]))
        if self._origin is None:
            return np.full(len(times), self._clock(), dtype=np.int64)
        began, origin = self._origin
        latest = np.maximum.accumulate(np.maximum(times, self._latest))
        self._latest = int(latest[-1])
        return np.where(latest == NO_TIME, origin, origin + ((latest - began) / self._speed).astype(np.int64))

    def _wait_until(self, due: int) -> bool:
        while (left := due - self._clock()) > 0:
            if self._stopping():
                return False
            self._sleep(min(left, _LONGEST_NAP) / SECOND)
        return not self._stopping()


def _without_lone_jumps(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """Times in which a record far ahead of both its neighbours goes with one: a wrong year must not stop a replay."""
    places = np.flatnonzero(times != NO_TIME)
    if len(places) < 2:
        return times
    known = times[places]
    before = np.concatenate([known[1:2], known[:-1]])
    before[2:] = np.maximum(before[2:], known[:-2])  # one record from the past makes no other one look far ahead
    after = np.append(known[1:], known[-2])
    far = np.full(len(known), _FAR)
    far[-1] = DAY  # what comes after is not known yet
    calm = times.copy()
    calm[places] = np.where((known - before > far) & (known - after > far), np.minimum(before, after), known)
    return calm
