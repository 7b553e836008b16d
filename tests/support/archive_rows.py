"""Rows for the archive: the same epoch gives the same rows, whoever asks."""

from decimal import Decimal

import numpy as np
import pyarrow as pa

from clickwatch.domain.columns import ARCHIVE_COLUMNS
from clickwatch.domain.window import DAY, HOUR

FIRST_DAY = 1_769_385_600_000_000
"""2026-01-26T00:00:00Z in µs."""

ROWS_PER_EPOCH = 40
REPEATING = ("user_key", "product_id", "event_type", "category", "currency")
CATEGORIES = ("smartphones", "laptops", "größe", "unknown")


def epoch_rows(epoch: int, rows: int = ROWS_PER_EPOCH) -> pa.Table:
    """The rows of an epoch, from two partitions, over two days, with nulls where the contract has them."""
    partitions = np.repeat([0, 1], [rows // 2, rows - rows // 2])
    within = np.concatenate((np.arange(rows // 2), np.arange(rows - rows // 2)))
    numbers = range(rows)
    columns = {
        "user_key": [f"k1:{(epoch * 7 + i) % 11:032x}" for i in numbers],
        "product_id": [f"PROD_{i % 9:03}" for i in numbers],
        "event_type": [("view", "add_to_cart", "purchase")[i % 3] for i in numbers],
        "event_time": [FIRST_DAY + epoch * HOUR // 4 + i * 1_000_003 + DAY * (i % 2) for i in numbers],
        "category": [CATEGORIES[i % 4] for i in numbers],
        "event_id": [None if i % 5 == 0 else f"id-{epoch}-{i}" for i in numbers],
        "session_id": [None if i % 3 else f"s{i}" for i in numbers],
        "order_id": [None if i % 3 != 2 else f"o{epoch}-{i}" for i in numbers],
        "quantity": [1 + i % 4 for i in numbers],
        "price": [None if i % 7 == 0 else Decimal(i * 100 + 1) / 10_000 for i in numbers],
        "currency": [None if i % 7 == 0 else "EUR" for i in numbers],
        "is_late": [i % 6 == 0 for i in numbers],
        "source_partition": partitions,
        "source_offset": within * 150 + epoch * 100_000,
        "epoch": [epoch] * rows,
    }
    arrays = [pa.array(columns[field.name]).cast(field.type) for field in ARCHIVE_COLUMNS]
    return pa.table(arrays, schema=ARCHIVE_COLUMNS)


def epochs(first: int, last: int) -> pa.Table:
    """The rows of the epochs from `first` to `last`, both included."""
    return pa.concat_tables([epoch_rows(epoch) for epoch in range(first, last + 1)])


def with_dictionaries(rows: pa.Table) -> pa.Table:
    """The same rows as the pipeline has them in memory: repeating strings as dictionaries."""
    for i, field in enumerate(rows.schema):
        if field.name in REPEATING:
            column = rows[field.name].dictionary_encode()
            rows = rows.set_column(i, field.with_type(column.type), column)
    return rows


def in_log_order(rows: pa.Table) -> pa.Table:
    """Rows by partition and offset, to compare tables whatever their files."""
    return rows.sort_by([("source_partition", "ascending"), ("source_offset", "ascending")]).combine_chunks()
