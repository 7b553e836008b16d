"""Counts per product and span of time: how an epoch's share is added to the rows that stand already."""

from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.types as pat
from sqlalchemy import Table, and_, case, or_

from clickwatch.store.upsert import UpsertInsert, adding, insert_into

COUNTS = ("view_count", "cart_count", "purchase_count", "event_count")


@lru_cache
def adding_counts(dialect: str, table: Table, *overwritten: str) -> UpsertInsert:
    """Add the counts, keep the newest category, take the `overwritten` columns as they come.

    The category is that of the greater (category_time, category), names compared by code point; a row without
    category_time (its category is unknown) never replaces one. So the order of the deltas does not matter.
    """
    new, old = insert_into(dialect, table).excluded, table.c
    newer = or_(
        and_(old.category_time.is_(None), new.category_time.is_not(None)),
        new.category_time > old.category_time,
        and_(new.category_time == old.category_time, new.category > old.category),
    )
    changes: dict[str, Any] = {name: new[name] for name in overwritten}
    for name in ("category", "category_time"):
        changes[name] = case((newer, new[name]), else_=old[name])
    return adding(dialect, table, [name for name in COUNTS if name in old], **changes)


def values(column: pa.ChunkedArray) -> list[Any]:
    """An Arrow column as plain Python values; dictionaries are undone first, their items are slow to read singly."""
    plain: list[Any] = (column.cast(column.type.value_type) if pat.is_dictionary(column.type) else column).to_pylist()
    return plain
