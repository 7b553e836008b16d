"""Places of records that the topic refuses: each is tried again by itself, more and more rarely."""

from collections.abc import Callable
from dataclasses import dataclass

from clickwatch.domain.place import Place
from clickwatch.domain.window import MINUTE, SECOND

MOST = 100
_FIRST = 5 * SECOND
_LONGEST = 5 * MINUTE


@dataclass(frozen=True)
class _Turn:
    at: int
    pause: int


class HeldBack:
    """Kept in memory alone: after a restart they are found out anew."""

    def __init__(self, clock: Callable[[], int]) -> None:
        """`clock` gives µs since the Unix epoch, UTC."""
        self._clock = clock
        self._turns: dict[Place, _Turn] = {}

    def __len__(self) -> int:
        return len(self._turns)

    def __contains__(self, place: Place) -> bool:
        return place in self._turns

    @property
    def is_full(self) -> bool:
        """Whether there are so many that it is the topic, and not a few records."""
        return len(self._turns) >= MOST

    def put_off(self, place: Place) -> None:
        """It was refused, perhaps once more: its next turn is later than the last one was."""
        last = self._turns.get(place)
        pause = min(2 * last.pause, _LONGEST) if last else _FIRST
        self._turns[place] = _Turn(self._clock() + pause, pause)

    def drop(self, place: Place) -> None:
        """It is settled."""
        del self._turns[place]

    def due(self) -> list[Place]:
        """Those whose turn it is, in the order of their places."""
        now = self._clock()
        return sorted(place for place, turn in self._turns.items() if turn.at <= now)

    def first(self, partition: int) -> int | None:
        """The lowest offset of a partition that is held back."""
        return min((place.offset for place in self._turns if place.partition == partition), default=None)
