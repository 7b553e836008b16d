"""The shapes seen before: a cache that saves time and decides nothing."""

from threading import Lock

from clickwatch.intake.shapes import Shape

_CAPACITY = 32


class ShapeCache:
    """At most so many shapes, the most used ones; safe for several threads."""

    def __init__(self, capacity: int = _CAPACITY) -> None:
        self._capacity = capacity
        self._uses: dict[Shape, int] = {}
        self._lock = Lock()

    def known(self) -> list[Shape]:
        """The shapes held, most used first."""
        with self._lock:
            return sorted(self._uses, key=self._uses.__getitem__, reverse=True)

    def used(self, records: dict[Shape, int]) -> None:
        """Note for how many records each shape served; old uses weigh less with each call."""
        with self._lock:
            for shape in self._uses:
                self._uses[shape] //= 2
            for shape, count in records.items():
                self._uses[shape] = self._uses.get(shape, 0) + count
            kept = sorted(self._uses, key=self._uses.__getitem__, reverse=True)[: self._capacity]
            self._uses = {shape: self._uses[shape] for shape in kept}
