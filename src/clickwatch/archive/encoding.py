"""Events as Parquet bytes: each column in the encoding that suits it, readable by any engine.

Encodings were chosen by measuring: a dictionary for what repeats, differences for what grows, and plain text
for ids, which are random and only cost time in a dictionary.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clickwatch.domain.columns import ARCHIVE_COLUMNS

STATISTICS_COLUMNS = ("event_time", "source_partition", "source_offset", "epoch")
"""What readers skip by; never `user_key`: statistics outlive an erasure."""

REPEATING = ("user_key", "product_id", "event_type", "category", "currency")
_DICTIONARY = (*REPEATING, "quantity", "price", "source_partition", "epoch")
_DIFFERENCES = ("event_time", "source_offset")
_DICTIONARY_BYTES = 8 * 1024 * 1024


def _options(random_texts: Iterable[str], *, dense: bool) -> dict[str, Any]:
    """Parquet options where `random_texts` have no dictionary.

    Only compaction (`dense`) compresses: random texts become half as long at best and cost more than half of all
    other work, and the other columns are small by their encoding.
    """
    encoding = dict.fromkeys(_DIFFERENCES, "DELTA_BINARY_PACKED")
    if not dense:
        return {"compression": "none", "column_encoding": encoding}
    encoding |= dict.fromkeys(random_texts, "DELTA_LENGTH_BYTE_ARRAY")
    return {"compression": "zstd", "compression_level": 1, "column_encoding": encoding}


def as_archived(events: pa.Table) -> pa.Table:
    """`events` with the archive's columns; dictionaries of strings stay, one for all chunks of a column.

    Raises ValueError if a column is missing, too many, of another type, or null where it must not be.
    """
    if events.column_names != ARCHIVE_COLUMNS.names:
        raise ValueError(f"not the archive's columns: {', '.join(events.column_names)}")
    fields = [_field_of(field, events.schema.field(field.name).type) for field in ARCHIVE_COLUMNS]
    for field in ARCHIVE_COLUMNS:
        if not field.nullable and events[field.name].null_count:
            raise ValueError(f"null in {field.name}")
    return events.unify_dictionaries().cast(pa.schema(fields))


def _field_of(field: pa.Field, given: pa.DataType) -> pa.Field:
    if given == field.type or (pa.types.is_dictionary(given) and given.value_type == field.type):
        return field.with_type(given)
    raise ValueError(f"{field.name} is {given}, not {field.type}")


def encode(rows: pa.Table, *, dense: bool) -> pa.Buffer:
    """One Parquet file of rows as `as_archived` makes them; `dense` takes half the room and twice the time."""
    rows, dictionary = _with_tight_dictionaries(rows)
    sink = pa.BufferOutputStream()
    pq.write_table(
        rows,
        sink,
        use_dictionary=dictionary,
        dictionary_pagesize_limit=_DICTIONARY_BYTES,
        write_statistics=list(STATISTICS_COLUMNS),
        store_schema=False,
        store_decimal_as_integer=True,
        **_options({"event_id", "session_id", "user_key"}.difference(dictionary), dense=dense),
    )
    return sink.getvalue()


def _with_tight_dictionaries(rows: pa.Table) -> tuple[pa.Table, list[str]]:
    """Dictionaries without unused values, and plain text where one does not pay; which columns keep one."""
    dictionary = set(_DICTIONARY)
    for i, field in enumerate(rows.schema):
        if not pa.types.is_dictionary(field.type):
            continue
        column = _tight(rows[field.name].combine_chunks())
        (dictionary.add if pa.types.is_dictionary(column.type) else dictionary.discard)(field.name)
        rows = rows.set_column(i, field.with_type(column.type), column)
    return rows, [name for name in rows.column_names if name in dictionary]


def _tight(column: pa.DictionaryArray) -> pa.Array:
    size = len(column.dictionary)
    # A writer puts the whole dictionary into each file, used or not.
    if size * 8 <= len(column):
        return column
    codes = column.indices.fill_null(0).to_numpy()
    used = np.bincount(codes, minlength=size) > 0
    if np.count_nonzero(used) * 2 > len(column):
        return column.cast(pa.string())
    renumbered = (np.cumsum(used) - 1).astype(np.int32)[codes]
    indices = pa.array(renumbered, mask=column.is_null().to_numpy(zero_copy_only=False))
    return pa.DictionaryArray.from_arrays(indices, column.dictionary.filter(pa.array(used)))


def statistics(rows: pa.Table) -> dict[str, Any]:
    """The Delta log's statistics of a file: the row count, and least and greatest values in full precision."""
    least: dict[str, Any] = {}
    greatest: dict[str, Any] = {}
    for name in STATISTICS_COLUMNS:
        bounds = pc.min_max(rows[name].cast(pa.int64()))
        show = _timestamp if name == "event_time" else int
        least[name], greatest[name] = show(bounds["min"].as_py()), show(bounds["max"].as_py())
    nulls = dict.fromkeys(STATISTICS_COLUMNS, 0)
    return {"numRecords": len(rows), "minValues": least, "maxValues": greatest, "nullCount": nulls}


def _timestamp(micros: int) -> str:
    return f"{np.datetime64(micros, 'us')}Z"
