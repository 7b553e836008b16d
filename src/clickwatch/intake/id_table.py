"""A hash table of event ids in columns: open addressing over numpy arrays, a whole block of ids at a time.

An id is kept as 96 bits of hash with the time at which it expires (20 bytes a slot). Slots lie in shards of fixed
size; a full shard first drops its expired ids, in place, and the table grows only when that does not help.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clickwatch.eventlog.disk import storage_errors
from clickwatch.intake.id_hash import IdHashes

NEVER = np.iinfo(np.int64).min
_SHARD_SLOTS = 1 << 14
_SLOT_BYTES = 20
_FULL = 0.65  # of a shard: beyond it, it is cleaned, and if that does not help the table grows
_BUSY = 0.5  # of the table: beyond it, a few shards are cleaned with every block, so that not all fill up at once
_ROUND = 64  # blocks in which a busy table is cleaned once
_GROWN = 0.45  # of the table, after it grew
_TIGHT = 0.58  # of the table, after it grew to all the memory that there is


class IdTable:
    """Ids with their expiry (µs). Beyond `memory` bytes the slots lie in files without a name in `spill`.

    Raises StorageError if they find no room there.
    """

    def __init__(self, memory: int, spill: Path) -> None:
        self._memory = memory
        self._spill = spill
        self._shards = 1
        self._next_shard = 0
        self._used: NDArray[np.int64]
        self._high: NDArray[np.uint64]
        self._low: NDArray[np.uint32]
        self._expiry: NDArray[np.int64]
        self._allocate(shards=1)

    @property
    def ids(self) -> int:
        """How many slots are in use, expired ids included."""
        return int(self._used.sum())

    @property
    def nbytes(self) -> int:
        """Bytes of all slots, in memory or on disk."""
        return len(self._high) * _SLOT_BYTES

    def expiries(self, hashes: IdHashes) -> NDArray[np.int64]:
        """When each id expires (int64 µs), NEVER for an id that is not here."""
        found = np.full(len(hashes), NEVER, dtype=np.int64)
        waiting = np.arange(len(hashes))
        slots = self._home_slots(hashes.high)
        high = hashes.high
        for _ in range(_SHARD_SLOTS):
            if len(waiting) == 0:
                break
            seen = self._high[slots]
            same = seen == high
            if same.any():
                same &= self._low[slots] == hashes.low[waiting]
                found[waiting[same]] = self._expiry[slots[same]]
            onward = (seen != 0) & ~same
            waiting, slots, high = waiting[onward], _next(slots[onward]), high[onward]
        return found

    def put(self, hashes: IdHashes, expiry: NDArray[np.int64], watermark: int) -> None:
        """Add ids, each named once; one that is here already gets the later expiry.

        `watermark`: ids whose expiry is not above it may be dropped to make room.
        """
        self._make_room(hashes, watermark)
        self._insert(hashes, expiry)

    def reserve(self, ids: int) -> None:
        """Grow at once for so many more ids, rather than step by step while they come."""
        wanted = int(self._used.sum()) + ids
        if wanted > _BUSY * len(self._high):
            self._grow(wanted)

    def _insert(self, hashes: IdHashes, expiry: NDArray[np.int64]) -> None:
        slots = self._home_slots(hashes.high)
        waiting = np.arange(len(hashes))
        for _ in range(_SHARD_SLOTS):
            if len(waiting) == 0:
                return
            high = hashes.high[waiting]
            seen = self._high[slots]
            free = np.flatnonzero(seen == 0)
            self._high[slots[free]] = high[free]
            won = free[self._high[slots[free]] == high[free]]
            self._low[slots[won]] = hashes.low[waiting[won]]
            self._expiry[slots[won]] = expiry[waiting[won]]
            self._used += np.bincount(slots[won] // _SHARD_SLOTS, minlength=self._shards)
            same = np.flatnonzero(seen == high)
            same = same[self._low[slots[same]] == hashes.low[waiting[same]]]
            self._expiry[slots[same]] = np.maximum(self._expiry[slots[same]], expiry[waiting[same]])
            onward = np.ones(len(waiting), dtype=bool)
            onward[won] = onward[same] = False
            waiting, slots = waiting[onward], _next(slots[onward])
        raise RuntimeError("a shard of the id table is full: the hashes are not evenly spread")

    def _home_slots(self, high: NDArray[np.uint64]) -> NDArray[np.int64]:
        shard = (high >> np.uint64(32)) * np.uint64(self._shards) >> np.uint64(32)
        slot = shard * np.uint64(_SHARD_SLOTS) + (high & np.uint64(_SHARD_SLOTS - 1))
        return slot.astype(np.int64)

    def _make_room(self, coming: IdHashes, watermark: int) -> None:
        if self._used.sum() > _BUSY * len(self._high):
            for _ in range(self._shards // _ROUND + 1):
                self._clean(self._next_shard, watermark)
                self._next_shard = (self._next_shard + 1) % self._shards
        wanted = np.bincount(self._home_slots(coming.high) // _SHARD_SLOTS, minlength=self._shards)
        for shard in np.flatnonzero(self._used + wanted > _FULL * _SHARD_SLOTS):
            self._clean(int(shard), watermark)
        if (self._used + wanted > _FULL * _SHARD_SLOTS).any():
            self._grow(int(self._used.sum()) + len(coming))

    def _clean(self, shard: int, watermark: int) -> None:
        part = slice(shard * _SHARD_SLOTS, (shard + 1) * _SHARD_SLOTS)
        high, low, expiry = self._high[part], self._low[part], self._expiry[part]
        live = (high != 0) & (expiry > watermark)
        if np.count_nonzero(live) == self._used[shard]:
            return
        kept, kept_expiry = IdHashes(high[live], low[live]), expiry[live]
        self._used[shard] = 0
        high[:] = 0
        self._insert(kept, kept_expiry)

    def _grow(self, ids: int) -> None:
        taken = self._high != 0
        kept = IdHashes(self._high[taken], self._low[taken])
        expiry = self._expiry[taken]
        self._allocate(shards=0)  # the old slots are given back before the new ones are taken
        self._allocate(self._shards_for(ids))
        step = 1 << 20
        for begin in range(0, len(kept), step):
            part = slice(begin, begin + step)
            self._insert(IdHashes(kept.high[part], kept.low[part]), expiry[part])

    def _shards_for(self, ids: int) -> int:
        """Shards for a table that has grown to hold `ids`: fewer where that keeps it in memory."""
        roomy = int(ids / (_GROWN * _SHARD_SLOTS)) + 1
        in_memory = self._memory // (_SHARD_SLOTS * _SLOT_BYTES)
        return in_memory if ids / (_TIGHT * _SHARD_SLOTS) < in_memory < roomy else roomy

    def _allocate(self, shards: int) -> None:
        self._shards = shards
        self._next_shard = 0
        self._used = np.zeros(shards, dtype=np.int64)
        slots = shards * _SHARD_SLOTS
        on_disk = slots * _SLOT_BYTES > self._memory
        self._high = self._column(np.uint64, slots, on_disk)
        self._low = self._column(np.uint32, slots, on_disk)
        self._expiry = self._column(np.int64, slots, on_disk)

    def _column(self, dtype: Any, slots: int, on_disk: bool) -> NDArray[Any]:
        if not on_disk:
            return np.zeros(slots, dtype=dtype)
        with storage_errors("keep ids in", self._spill):
            self._spill.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=self._spill) as file:
                _reserve(file.fileno(), slots * np.dtype(dtype).itemsize)
                return np.memmap(file, dtype=dtype, mode="r+", shape=(slots,))


def _reserve(file: int, size: int) -> None:
    # A mapped page that the disk has no room for would kill the process when touched; asked for here, it is an OSError.
    if sys.platform == "linux":
        os.posix_fallocate(file, 0, size)
    else:
        os.ftruncate(file, size)


def _next(slots: NDArray[np.int64]) -> NDArray[np.int64]:
    """The slot after each, round the shard that it lies in."""
    return (slots & ~np.int64(_SHARD_SLOTS - 1)) | ((slots + 1) & np.int64(_SHARD_SLOTS - 1))
