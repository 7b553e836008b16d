"""Judging a block of log records: the plain ones by columns, each other one by the one strict judge.

A record is plain if it is *proved* to be a flat JSON object of simple values that keep the contract; only then is
it decided on without the judge, and only for the good. So the verdict is always the judge's, or the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from threading import Lock

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from clickwatch.domain.columns import VALID_COLUMNS
from clickwatch.domain.event import Event, Refusal
from clickwatch.domain.judge import judge
from clickwatch.eventlog.port import READABLE_BEYOND, RecordBlock
from clickwatch.intake.plain import PlainRecords
from clickwatch.intake.scan import Scan
from clickwatch.intake.shape_cache import ShapeCache
from clickwatch.intake.sorting import Sorter
from clickwatch.intake.words import Bytes, Positions

_PART = 2 * 1024 * 1024
"""So many bytes are worked on at a time: they and what is found in them stay in the processor's cache."""
_REACH = 2**31 - _PART
"""Arrow's offsets into a block are of 32 bits; what lies beyond is judged record by record."""
_VALUES = attrgetter(*VALID_COLUMNS.names)


@dataclass(frozen=True)
class Judged:
    """The verdicts on a block: each of its records is either in `rows` or in `refused`.

    `rows` are the indices of the valid records in the block, ascending, and `columns` (VALID_COLUMNS, one chunk per
    column, dictionaries without duplicates) their values, one row each. `refused` has the indices of the others,
    ascending, with the reason.
    """

    rows: NDArray[np.int64]
    columns: pa.Table
    refused: tuple[tuple[int, str], ...]


class BlockJudge:
    """Judges blocks for one setting of `max_future` (µs); may be used by several threads.

    It remembers the shapes of plain records from block to block; no verdict depends on them. `judged_plain` and
    `judged_alone` count the records that the columns decided on, and those that went to the judge.
    """

    def __init__(self, max_future: int) -> None:
        self._max_future = max_future
        self._cache = ShapeCache()
        self._counts = Lock()
        self.judged_plain = 0
        self.judged_alone = 0

    def judge(self, block: RecordBlock) -> Judged:
        """The verdicts on all records of a block."""
        rows, columns = self._plain(block)
        others = np.ones(len(block), dtype=bool)
        others[rows] = False
        alone = np.flatnonzero(others)
        with self._counts:
            self.judged_plain += len(rows)
            self.judged_alone += len(alone)
        return self._with_the_others(block, alone, rows, columns)

    def _plain(self, block: RecordBlock) -> tuple[Positions, pa.Table]:
        if not _in_order(block):
            return np.empty(0, dtype=np.int64), VALID_COLUMNS.empty_table()
        data, starts, ends = _readable(block)
        records = PlainRecords(data, starts, block.log_times + self._max_future)
        sorter = Sorter(records, self._cache.known())
        for first, end in _parts(starts, ends):
            sorter.sort(Scan(data, starts[first:end], ends[first:end]), first)
        self._cache.used(sorter.used)
        columns = records.columns()
        return np.flatnonzero(records.plain), columns

    def _with_the_others(self, block: RecordBlock, alone: Positions, rows: Positions, columns: pa.Table) -> Judged:
        refused: list[tuple[int, str]] = []
        accepted: list[int] = []
        events: list[Event] = []
        for row in alone.tolist():
            verdict = judge(block.record(row), int(block.log_times[row]), self._max_future)
            if isinstance(verdict, Refusal):
                refused.append((row, verdict.reason))
            else:
                accepted.append(row)
                events.append(verdict)
        if events:
            rows = np.concatenate([rows, np.array(accepted, dtype=np.int64)])
            order = np.argsort(rows, kind="stable")
            rows, columns = rows[order], _merged(columns, _table(events), order)
        return Judged(rows, columns, tuple(refused))


def _in_order(block: RecordBlock) -> bool:
    """Whether there are records, and they lie in the buffer one after the other."""
    starts, ends = block.starts, block.ends
    return len(block) > 0 and bool((starts <= ends).all()) and bool((ends[:-1] <= starts[1:]).all())


def _readable(block: RecordBlock) -> tuple[Bytes, Positions, Positions]:
    """The block's bytes and bounds, copied if they end with the buffer: the last record too needs bytes after it."""
    first, end = int(block.starts[0]), int(block.ends[-1])
    data = np.ascontiguousarray(block.data)
    if end + READABLE_BEYOND <= len(data):
        return data, block.starts, block.ends
    roomy = np.empty(end - first + READABLE_BEYOND, dtype=np.uint8)
    roomy[: end - first] = data[first:end]
    roomy[end - first :] = 0
    return roomy, block.starts - first, block.ends - first


def _parts(starts: Positions, ends: Positions) -> Iterator[tuple[int, int]]:
    """Ranges of records of about _PART bytes, within _REACH of the first record."""
    first = 0
    while first < len(starts) and ends[first] - starts[0] <= _REACH:
        last = int(np.searchsorted(ends, min(starts[first] + _PART, starts[0] + _REACH), side="right"))
        end = max(first + 1, last)
        yield first, end
        first = end


def _table(events: list[Event]) -> pa.Table:
    columns = []
    for field, values in zip(VALID_COLUMNS, zip(*map(_VALUES, events), strict=True), strict=True):
        is_dictionary = pa.types.is_dictionary(field.type)
        plain = pa.array(values, field.type.value_type if is_dictionary else field.type)
        columns.append(plain.dictionary_encode() if is_dictionary else plain)
    return pa.table(columns, schema=VALID_COLUMNS)


def _merged(first: pa.Table, second: pa.Table, order: Positions) -> pa.Table:
    """The rows of two tables in a new order, one chunk and one dictionary per column."""
    both = pa.concat_tables([first, second]).unify_dictionaries().combine_chunks()
    in_order = bool((order[1:] > order[:-1]).all())
    return both if in_order else both.take(pa.array(order))
