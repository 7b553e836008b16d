"""Many places of the log in one question to the database."""

from collections.abc import Iterable, Iterator

from clickwatch.domain.place import Place

_AT_ONCE = 500
"""Offsets of one question: no database counts so many parameters as too many."""


def by_partition(places: Iterable[Place]) -> Iterator[tuple[int, list[int]]]:
    """The offsets of each partition, at most so many at once that one question can name them."""
    offsets: dict[int, list[int]] = {}
    for place in places:
        offsets.setdefault(place.partition, []).append(place.offset)
    for partition, every in offsets.items():
        for start in range(0, len(every), _AT_ONCE):
            yield partition, every[start : start + _AT_ONCE]
