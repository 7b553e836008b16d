"""A hash table of event ids in columns: every id has two buckets of eight slots and lies in the emptier one.

Two choices keep the buckets even (Azar, Broder, Karlin and Upfal, "Balanced allocations", 1999), and an id may be
moved to its other bucket to make way, so nine slots of ten can be filled before the table has to grow. An id is kept
as 96 bits of hash with the time at which it expires: 16 bytes a slot. A slot whose id has expired is free.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clickwatch.intake.id_hash import IdHashes
from clickwatch.intake.id_slots import SLOTS, Flags, counts, flags_of, nth, ranks
from clickwatch.intake.slot_memory import column, forget

NEVER = np.iinfo(np.int64).min
_LEAST_BUCKETS = 1 << 13
_PIECE = 1 << 13
"""Ids at a time: few enough that what is worked on stays in the processor's cache."""
_GROWN = 0.57
"""How full a table is after it grew."""
_TIGHT = 0.85
"""How full it may be after it grew to all the memory that there is."""
_SPARSE = 0.1
"""A table that is less full than this never has to grow, or its ids share their hashes."""
_DETOURS = 16
"""How often ids are moved out of the way of one piece before the table grows."""

Positions = NDArray[np.int64]


class IdTable:
    """Ids with their expiry (µs). Beyond `memory` bytes the slots lie in files without a name in `spill`.

    Raises StorageError if they find no room there.
    """

    def __init__(self, memory: int, spill: Path, span: int) -> None:
        """`span`: how far (µs) the expiry of an id lies ahead of the watermark at most, when it is put in."""
        self._memory = memory
        self._spill = spill
        # Expiries are kept relative to a base that follows the watermark: four bytes do for most settings.
        self._ticks: type[np.uint32 | np.uint64] = np.uint32 if span < 1 << 31 else np.uint64
        self._room = int(np.iinfo(self._ticks).max) - span
        self._base = NEVER
        self._high: NDArray[np.uint64]
        self._low: NDArray[np.uint32]
        self._expiry: NDArray[Any]
        self._buckets = 0
        self._allocate(_LEAST_BUCKETS)

    @property
    def nbytes(self) -> int:
        """Bytes of all slots, in memory or on disk."""
        return self._buckets * self._bucket_bytes

    def expiries(self, hashes: IdHashes) -> Positions:
        """When each id expires (int64 µs), NEVER for an id that is not here; an expired one may be gone."""
        found = np.full(len(hashes), NEVER, dtype=np.int64)
        for piece in _pieces(len(hashes), _PIECE):
            high = hashes.high[piece]
            for buckets in self._places(high):
                maybe = np.flatnonzero(flags_of(_rows(self._high, buckets) == high[:, np.newaxis]))
                if len(maybe):
                    at = maybe + piece.start
                    found[at] = np.maximum(found[at], self._confirmed(buckets[maybe], hashes.take(at)))
        return found

    def put(self, hashes: IdHashes, expiry: Positions, watermark: int) -> None:
        """Add ids that expire after `watermark` (µs); those that expire at or before it make room.

        Raises ValueError if one expires later than the table's span allows.
        """
        self._advance(watermark)
        now = watermark - self._base
        ticks = self._ticks_of(expiry)
        # So few at a time that most of a piece's ids find their own place, not the same emptiest one.
        for piece in _pieces(len(hashes), min(_PIECE, self._buckets)):
            self._put(hashes.take(piece), ticks[piece], now, coming=len(hashes) - piece.start)

    def reserve(self, ids: int) -> None:
        """Grow at once for so many more ids, rather than step by step while they come."""
        slots = self._buckets * SLOTS
        if np.count_nonzero(self._expiry) + ids > _GROWN * slots:
            self._grow(ids, now=0)

    def _put(self, hashes: IdHashes, ticks: NDArray[Any], now: int, coming: int) -> None:
        while len(rest := self._insert(hashes, ticks, now)):
            hashes, ticks = hashes.take(rest), ticks[rest]
            self._grow(coming, now)

    def _insert(self, hashes: IdHashes, ticks: NDArray[Any], now: int) -> Positions:
        """Put ids where there is room; the positions of those for which there is none."""
        waiting = np.arange(len(hashes))
        detours = _DETOURS
        while len(waiting):
            first, second = self._places(hashes.high[waiting])
            free, other = self._free(first, now), self._free(second, now)
            emptier = np.where(counts(other) > counts(free), second, first)
            left = self._fill(emptier, hashes.take(waiting), ticks[waiting], now)
            if len(left) == len(waiting):
                if not detours or not self._make_way(np.concatenate([first, second]), now):
                    break
                detours -= 1
            waiting = waiting[left]
        return waiting

    def _fill(self, buckets: Positions, hashes: IdHashes, ticks: NDArray[Any], now: int) -> Positions:
        """Put ids into the buckets that are named; the positions of those that find them full."""
        free = self._free(buckets, now)
        rank = ranks(buckets)
        fits = rank < counts(free)
        slots = buckets[fits] * SLOTS + nth(free[fits], rank[fits])
        for values, new in ((self._high, hashes.high), (self._low, hashes.low), (self._expiry, ticks)):
            values.reshape(-1)[slots] = new[fits]
        return np.flatnonzero(~fits)

    def _make_way(self, full: Positions, now: int) -> bool:
        """Move an id out of each of these full buckets, where its other bucket has room; whether any was moved."""
        full = np.unique(full)
        first, second = self._places(self._high[full].ravel())
        own = np.repeat(full, SLOTS)
        others = np.where(first == own, second, first)
        free = self._free(others, now).reshape(-1, SLOTS)
        slot = (free != 0).argmax(axis=1)
        rows = np.arange(len(full))
        target, room = others.reshape(-1, SLOTS)[rows, slot], free[rows, slot]
        movable = np.flatnonzero(room)
        target, distinct = np.unique(target[movable], return_index=True)
        movable = movable[distinct]
        here = full[movable], slot[movable]
        there = target, nth(room[movable], np.zeros(len(movable), np.int64))
        for values in (self._high, self._low, self._expiry):
            values[there] = values[here]
        self._expiry[here] = 0
        return bool(len(movable))

    def _places(self, high: NDArray[np.uint64]) -> tuple[Positions, Positions]:
        return _places(high, self._buckets)

    def _free(self, buckets: Positions, now: int) -> Flags:
        return flags_of(_rows(self._expiry, buckets) <= self._ticks(now))

    def _confirmed(self, buckets: Positions, hashes: IdHashes) -> Positions:
        """The latest expiry of each id in its bucket, NEVER where only some other id looks like it."""
        ticks = self._expiry[buckets]
        same = (self._high[buckets] == hashes.high[:, np.newaxis]) & (self._low[buckets] == hashes.low[:, np.newaxis])
        latest = np.where(same, ticks, self._ticks(0)).max(axis=1).astype(np.int64)
        return np.where(latest > 0, latest + self._base, NEVER)

    def _ticks_of(self, expiry: Positions) -> NDArray[Any]:
        if len(expiry) and int(expiry.max()) - self._base > np.iinfo(self._ticks).max:
            raise ValueError("an id expires later than the span of the table")
        return (expiry - self._base).astype(self._ticks)

    def _advance(self, watermark: int) -> None:
        """Bring the base forward before a kept expiry outgrows its bytes; what has expired by then is dropped."""
        if self._base == NEVER:
            self._base = watermark
        if watermark - self._base <= self._room:
            return
        step = self._ticks(min(watermark - self._base, np.iinfo(self._ticks).max))
        ticks = self._expiry.reshape(-1)
        for piece in _pieces(len(ticks), _PIECE * SLOTS):
            ticks[piece] = np.where(ticks[piece] > step, ticks[piece] - step, self._ticks(0))
        self._base = watermark

    def _grow(self, coming: int, now: int) -> None:
        old, buckets = (self._high, self._low, self._expiry), self._buckets
        live = int(np.count_nonzero(self._expiry > self._ticks(now)))
        if coming and live + coming < _SPARSE * self._buckets * SLOTS:
            raise RuntimeError("the hashes of the ids are not evenly spread")
        self._allocate(self._buckets_for(live + coming))
        homeless: list[tuple[IdHashes, NDArray[Any]]] = []
        for piece in _pieces(buckets, _PIECE // SLOTS):
            hashes = IdHashes(old[0][piece].reshape(-1), old[1][piece].reshape(-1))
            homeless.append(self._take_over(hashes, old[2][piece].reshape(-1), piece.start, buckets, now))
            for values in old:
                forget(values, piece.stop)
        # Last, for they go anywhere: so the memory of the new slots is taken as that of the old ones is given back.
        for hashes, ticks in homeless:
            self._put(hashes, ticks, now, coming)

    def _take_over(
        self, hashes: IdHashes, ticks: NDArray[Any], bucket: int, buckets: int, now: int
    ) -> tuple[IdHashes, NDArray[Any]]:
        """Put in the live ids of slots that began with `bucket` of a table of so many; those that found no room."""
        live = np.flatnonzero(ticks > self._ticks(now))
        hashes, ticks = hashes.take(live), ticks[live]
        # Of its two buckets an id keeps the one that it was in: so the new slots are filled from front to back.
        was_first = _places(hashes.high, buckets)[0] == live // SLOTS + bucket
        left = self._fill(np.where(was_first, *self._places(hashes.high)), hashes, ticks, now)
        return hashes.take(left), ticks[left]

    def _buckets_for(self, ids: int) -> int:
        """Buckets of a table that has grown to hold `ids`: fewer where that keeps it in memory."""
        roomy = max(int(ids / (_GROWN * SLOTS)) + 1, _LEAST_BUCKETS)
        in_memory = self._memory // self._bucket_bytes
        return in_memory if ids / (_TIGHT * SLOTS) < in_memory < roomy else roomy

    @property
    def _bucket_bytes(self) -> int:
        return SLOTS * (8 + 4 + np.dtype(self._ticks).itemsize)

    def _allocate(self, buckets: int) -> None:
        self._buckets = buckets
        folder = self._spill if self.nbytes > self._memory else None
        self._high = column(np.uint64, (buckets, SLOTS), folder)
        self._low = column(np.uint32, (buckets, SLOTS), folder)
        self._expiry = column(self._ticks, (buckets, SLOTS), folder)


def _pieces(length: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, length)) for start in range(0, length, size))


def _rows(table: NDArray[Any], buckets: Positions) -> NDArray[Any]:
    """The rows of these buckets; all are within the table, and `clip` spares the check."""
    return table.take(buckets, axis=0, mode="clip")


def _places(high: NDArray[np.uint64], buckets: int) -> tuple[Positions, Positions]:
    """The two buckets of each id in a table of so many, by multiply-shift of either half of its hash."""
    half = np.uint64(32)
    first = (high >> half) * np.uint64(buckets) >> half
    second = (high & np.uint64(0xFFFFFFFF)) * np.uint64(buckets) >> half
    return first.view(np.int64), second.view(np.int64)
