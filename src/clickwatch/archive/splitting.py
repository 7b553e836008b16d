"""Rows by part: each chunk is put in order on its own, and a part's rows are what every chunk has of them.

Whole columns are never copied together: a chunk is one epoch of one partition, so it fits the processor's caches,
and one after another the chunks are in source order already.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from clickwatch.archive.layout import Part, Parts, stable_order
from clickwatch.domain.window import DAY

_CHUNK_ROWS = 32_768
"""Mean rows of a chunk below which chunks are put together first: many small ones cost more than one copy."""

_OFTEN_CONSTANT = ("is_late", "source_partition", "epoch")
"""Columns that most chunks have one value in, which needs no reordering."""


@dataclass(frozen=True)
class Piece:
    """The rows of one file-to-be, in source order, and the part that they belong to.

    `intake`: when they came in (ms since the Unix epoch, UTC); None for now.
    """

    part: Part
    rows: pa.Table
    intake: int | None = None


def split(root: Path, events: pa.Table) -> Iterator[Piece]:
    """The pieces of `events` (as `as_archived` makes them), one per part, each by partition and offset."""
    layout = Parts(root)
    slices: dict[Part, list[pa.RecordBatch]] = {}
    for chunk in _chunks(events):
        for part, rows in _by_part(chunk, layout):
            slices.setdefault(part, []).append(rows)
    for part, batches in slices.items():
        yield Piece(part, in_source_order(batches))


def _chunks(events: pa.Table) -> list[pa.RecordBatch]:
    chunks = events.to_batches()
    if len(events) < len(chunks) * _CHUNK_ROWS:
        chunks = events.combine_chunks().to_batches()
    return [chunk for chunk in chunks if len(chunk)]


def _by_part(chunk: pa.RecordBatch, layout: Parts) -> Iterator[tuple[Part, pa.RecordBatch]]:
    """The rows of each part and source partition, in the order in which they came."""
    category = chunk.column("category")
    if not pa.types.is_dictionary(category.type):
        category = category.dictionary_encode()
    parts, part_of_row = layout.assign(_days(_int64(chunk, "event_time")), category)
    partition = _int64(chunk, "source_partition")
    spread = int(partition.max()) + 1
    group = part_of_row if spread == 1 else part_of_row.astype(np.int64) * spread + partition
    if (group[1:] < group[:-1]).any():
        order = stable_order(group)
        chunk, group = _reordered(chunk, order), group[order]
    bounds = [0, *(np.flatnonzero(group[1:] != group[:-1]) + 1).tolist(), len(group)]
    for start, end in pairwise(bounds):
        yield parts[int(group[start]) // spread], chunk.slice(start, end - start)


def _days(times: NDArray[np.int64]) -> NDArray[np.int64]:
    first, last = int(times.min()) // DAY, int(times.max()) // DAY
    return times // DAY if first < last else np.full(len(times), first)


def _reordered(chunk: pa.RecordBatch, order: NDArray[np.int64]) -> pa.RecordBatch:
    places = pa.array(order.astype(np.int32))
    columns = [
        column if name in _OFTEN_CONSTANT and _is_constant(column) else pc.take(column, places, boundscheck=False)
        for name, column in zip(chunk.schema.names, chunk.columns, strict=True)
    ]
    return pa.record_batch(columns, schema=chunk.schema)


def _is_constant(column: pa.Array) -> bool:
    bounds = pc.min_max(column)
    return bool(bounds["min"] == bounds["max"])


def in_source_order(batches: list[pa.RecordBatch]) -> pa.Table:
    """The rows of batches, by partition and offset; cheap where each batch is in order and has one partition."""
    batches.sort(key=lambda rows: (rows["source_partition"][0].as_py(), rows["source_offset"][0].as_py()))
    table = pa.Table.from_batches(batches)
    partition, offset = _int64(table, "source_partition"), _int64(table, "source_offset")
    falls = (partition[1:] < partition[:-1]) | ((partition[1:] == partition[:-1]) & (offset[1:] < offset[:-1]))
    if falls.any():
        table = table.combine_chunks().sort_by([("source_partition", "ascending"), ("source_offset", "ascending")])
    return table


def _int64(rows: pa.RecordBatch | pa.Table, name: str) -> NDArray[np.int64]:
    values: NDArray[np.int64] = rows[name].cast(pa.int64()).to_numpy()
    return values
