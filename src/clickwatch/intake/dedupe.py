"""De-duplication, per log partition: each event id takes effect once within the horizon.

A record with an id is a duplicate if an accepted record with that id stands earlier in the partition and its event
time + horizon is still after the watermark at this record's position. Decided per record: where the log is cut
into blocks does not matter.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from clickwatch.intake.id_hash import IdHasher, IdHashes
from clickwatch.intake.id_table import IdTable

_PIECE = 1 << 13
"""Ids at a time: few enough that they, and what the table has of them, stay in the processor's cache."""


class Deduplicator:
    """The ids of one partition that are still within the horizon."""

    def __init__(self, table: IdTable, hasher: IdHasher, horizon: int) -> None:
        """`horizon` in µs."""
        self._table = table
        self._hasher = hasher
        self._horizon = horizon

    def remember(self, ids: pa.Table, watermark: int) -> None:
        """Take in accepted ids of earlier records (after a restart, from the archive), in any order.

        Columns `event_id` and `event_time` (int64 µs), without nulls.
        """
        self._table.reserve(len(ids))
        for piece in ids.to_batches(max_chunksize=_PIECE):
            hashes = self._hasher.hashes(piece["event_id"])
            expiries = piece["event_time"].to_numpy() + self._horizon
            self._remember_accepted(hashes, expiries, np.ones(len(hashes), bool), watermark, may_repeat=True)

    def duplicates(
        self, ids: pa.Array, event_times: NDArray[np.int64], watermarks: NDArray[np.int64], watermark_after: int
    ) -> NDArray[np.bool_]:
        """Which records of a block are duplicates; the others are accepted, and remembered.

        `ids` (null for none), `event_times` and `watermarks` (at each position; `id_table.NEVER` before all time)
        have an entry per valid record, in offset order.
        """
        named = np.flatnonzero(ids.is_valid().to_numpy(zero_copy_only=False))
        verdicts = np.zeros(len(ids), dtype=bool)
        ids = ids if len(named) == len(ids) else ids.take(pa.array(named))
        for start in range(0, len(named), _PIECE):
            which = named[start : start + _PIECE]
            after = watermark_after if which[-1] + 1 == len(watermarks) else int(watermarks[which[-1] + 1])
            hashes = self._hasher.hashes(ids.slice(start, _PIECE))
            verdicts[which] = self._duplicates(hashes, event_times[which], watermarks[which], after)
        return verdicts

    def _duplicates(
        self, hashes: IdHashes, times: NDArray[np.int64], marks: NDArray[np.int64], watermark_after: int
    ) -> NDArray[np.bool_]:
        known = self._table.expiries(hashes)
        duplicate = known > marks
        repeated = _repeated(hashes)
        if repeated is not None:
            duplicate[repeated] = _judge_repeated(
                hashes.take(repeated), known[repeated], times[repeated] + self._horizon, marks[repeated]
            )
        self._remember_accepted(hashes, times + self._horizon, ~duplicate, watermark_after, repeated is not None)
        return duplicate

    def _remember_accepted(
        self,
        hashes: IdHashes,
        expiries: NDArray[np.int64],
        accepted: NDArray[np.bool_],
        watermark: int,
        may_repeat: bool,
    ) -> None:
        """Accepted ids that can still meet a duplicate, each once with its latest expiry."""
        keep = np.flatnonzero(accepted & (expiries > watermark))
        hashes, expiries = hashes.take(keep), expiries[keep]
        if may_repeat and _repeated(hashes) is not None:
            order = np.lexsort((-expiries, hashes.low, hashes.high))
            sorted_hashes = hashes.take(order)
            first = order[_group_starts(sorted_hashes)]
            hashes, expiries = hashes.take(first), expiries[first]
        self._table.put(hashes, expiries, watermark)


def _repeated(hashes: IdHashes) -> NDArray[np.int64] | None:
    """Indices of the ids that stand more than once in a block, ascending; None if there are none."""
    # Sorting 32 bits is three times as fast as 64; what meets in them by chance is told apart below.
    low = np.sort(hashes.low)
    twice = low[1:][low[1:] == low[:-1]]
    if len(twice) == 0:
        return None
    maybe = np.flatnonzero(np.isin(hashes.low, twice))
    _, group, sizes = np.unique(hashes.high[maybe], return_inverse=True, return_counts=True)
    repeated = maybe[sizes[group] > 1]
    return repeated if len(repeated) else None


def _group_starts(sorted_hashes: IdHashes) -> NDArray[np.int64]:
    changes = (np.diff(sorted_hashes.high) != 0) | (np.diff(sorted_hashes.low.astype(np.int64)) != 0)
    return np.concatenate(([0], np.flatnonzero(changes) + 1))


def _judge_repeated(
    hashes: IdHashes, known: NDArray[np.int64], expiries: NDArray[np.int64], marks: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Verdicts for ids that stand several times in one block; entries in offset order.

    Where the first accepted one outlives the group's last watermark, all that follow are duplicates. The rare other
    groups (an id that comes back after its horizon, within one block) are followed record by record.
    """
    order = np.lexsort((np.arange(len(known)), hashes.low, hashes.high))
    starts = _group_starts(hashes.take(order))
    sizes = np.diff(np.append(starts, len(order)))
    first, last = order[starts], order[starts + sizes - 1]
    first_is_duplicate = known[first] > marks[first]
    expiry = np.where(first_is_duplicate, known[first], np.maximum(known[first], expiries[first]))
    verdict_in_order = np.ones(len(order), dtype=bool)
    verdict_in_order[starts] = first_is_duplicate
    for group in np.flatnonzero(expiry <= marks[last]):
        members = order[starts[group] : starts[group] + sizes[group]]
        verdict_in_order[starts[group] : starts[group] + sizes[group]] = _follow(
            int(known[members[0]]), expiries[members], marks[members]
        )
    verdicts = np.empty(len(order), dtype=bool)
    verdicts[order] = verdict_in_order
    return verdicts


def _follow(known: int, expiries: NDArray[np.int64], marks: NDArray[np.int64]) -> list[bool]:
    verdicts: list[bool] = []
    latest = known
    for expiry, mark in zip(expiries.tolist(), marks.tolist(), strict=True):
        duplicate = latest > mark
        verdicts.append(duplicate)
        if not duplicate:
            latest = max(latest, expiry)
    return verdicts
