"""The speed view of totals: product by hour, late events included."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
from sqlalchemy import Connection, func, select

from clickwatch.store.deltas import adding_counts, values
from clickwatch.store.schema import hour_totals
from clickwatch.store.upsert import write_columns


@dataclass(frozen=True)
class HourTotal:
    """One product in the hour that begins at `hour_start` (µs UTC).

    Counts are accepted events, `event_count` of all types.
    """

    hour_start: int
    product_id: str
    category: str
    view_count: int
    cart_count: int
    purchase_count: int
    event_count: int


DAY_COLUMNS = pa.schema(
    {
        "hour_start": pa.int64(),
        "product_id": pa.string(),
        "category": pa.string(),
        "view_count": pa.int64(),
        "cart_count": pa.int64(),
        "purchase_count": pa.int64(),
        "event_count": pa.int64(),
    }
)
_COLUMNS = [hour_totals.c[name] for name in HourTotal.__dataclass_fields__]


def add(connection: Connection, deltas: pa.Table) -> None:
    """Add an epoch's counts. `deltas`: hour_start, category_time, view_count, cart_count, purchase_count,
    event_count (int64), product_id, category (string); `category_time` is the event time that the category is of, or
    null if unknown.
    """
    columns = {field: values(deltas[field]) for field in deltas.column_names}
    write_columns(connection, adding_counts(connection.dialect.name, hour_totals), columns)


def first_hour(connection: Connection) -> int | None:
    """The start of the first hour (µs UTC) that an event was of; None if there was none."""
    found: int | None = connection.execute(select(func.min(hour_totals.c.hour_start))).scalar()
    return found


def list_totals(
    connection: Connection,
    *,
    product_id: str | None = None,
    since: int | None = None,
    until: int | None = None,
    limit: int | None = None,
) -> Iterator[HourTotal]:
    """Rows by hour_start, then product_id, with `since <= hour_start < until` (µs).

    They stream: use them before the connection's transaction ends.
    """
    query = select(*_COLUMNS).order_by(hour_totals.c.hour_start, hour_totals.c.product_id).limit(limit)
    if product_id is not None:
        query = query.where(hour_totals.c.product_id == product_id)
    if since is not None:
        query = query.where(hour_totals.c.hour_start >= since)
    if until is not None:
        query = query.where(hour_totals.c.hour_start < until)
    return (HourTotal(*row) for row in connection.execute(query))


def day_table(connection: Connection, since: int, until: int) -> pa.Table:
    """The rows with `since <= hour_start < until` (µs) as columns, by hour_start, then product_id."""
    rows = list(list_totals(connection, since=since, until=until))
    columns = {name: [getattr(row, name) for row in rows] for name in DAY_COLUMNS.names}
    return pa.table(columns, schema=DAY_COLUMNS)
