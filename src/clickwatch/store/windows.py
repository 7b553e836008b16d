"""The windows of the speed view: the rows are the state, each epoch adds its share to them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from sqlalchemy import ColumnElement, Connection, Select, and_, not_, or_, select, update

from clickwatch.store.deltas import adding_counts, values
from clickwatch.store.schema import windows
from clickwatch.store.upsert import write_columns

OPEN, CLOSED = "open", "closed"


@dataclass(frozen=True)
class WindowRow:
    """One product in one window `[window_start, window_end)`, µs UTC; counts are events."""

    window_start: int
    window_end: int
    product_id: str
    category: str
    view_count: int
    cart_count: int
    purchase_count: int
    status: str


_COLUMNS = [windows.c[name] for name in WindowRow.__dataclass_fields__]


def add(connection: Connection, epoch: int, deltas: pa.Table, now: int) -> None:
    """Add an epoch's counts at `now` (µs): a new row is open, a row that stands keeps its status.

    `deltas`: window_start, window_end, category_time, view_count, cart_count, purchase_count (int64), product_id,
    category (string). `category_time` is the event time of the newest event whose category is known, or null.
    """
    columns = {field: values(deltas[field]) for field in deltas.column_names}
    columns["status"] = [OPEN] * deltas.num_rows
    columns["epoch"] = [epoch] * deltas.num_rows
    columns["added_at"] = [now] * deltas.num_rows
    write_columns(connection, adding_counts(connection.dialect.name, windows, "epoch", "added_at"), columns)


def close(connection: Connection, frontier: int) -> int:
    """Close the open windows that have ended at `frontier` (window_end <= frontier, µs); how many rows they are."""
    ended = (windows.c.status == OPEN) & (windows.c.window_end <= frontier)
    return connection.execute(update(windows).where(ended).values(status=CLOSED)).rowcount


def expired(now: int, keep: int) -> ColumnElement[bool]:
    """The closed windows that may be kept no longer than `keep` at `now` (both µs); see `domain.retention`."""
    is_over = windows.c.window_end <= now - keep  # written so that the index serves
    was_old = windows.c.added_at >= windows.c.window_end + keep
    return and_(windows.c.status == CLOSED, is_over, or_(not_(was_old), windows.c.added_at + keep <= now))


def list_windows(
    connection: Connection,
    *,
    product_id: str | None = None,
    status: str | None = None,
    since: int | None = None,
    until: int | None = None,
    limit: int | None = None,
) -> Iterator[WindowRow]:
    """Rows by window_start, then product_id, with `since <= window_start < until` (µs).

    They stream: use them before the connection's transaction ends.
    """
    query = select(*_COLUMNS).order_by(windows.c.window_start, windows.c.product_id).limit(limit)
    if product_id is not None:
        query = query.where(windows.c.product_id == product_id)
    if status is not None:
        query = query.where(windows.c.status == status)
    if since is not None:
        query = query.where(windows.c.window_start >= since)
    if until is not None:
        query = query.where(windows.c.window_start < until)
    return _rows(connection, query)


def newest(
    connection: Connection, limit: int, *, product_id: str | None = None, status: str | None = None
) -> list[WindowRow]:
    """The rows of the latest windows, in each the most viewed product first."""
    order = (windows.c.window_start.desc(), windows.c.view_count.desc(), windows.c.product_id)
    query = select(*_COLUMNS).order_by(*order).limit(limit)
    if product_id is not None:
        query = query.where(windows.c.product_id == product_id)
    if status is not None:
        query = query.where(windows.c.status == status)
    return list(_rows(connection, query))


def hottest(connection: Connection, limit: int, *, since: int | None = None) -> list[WindowRow]:
    """The rows with the most views, of windows with `since <= window_start` (µs); of equal ones the newest window,
    then the first product_id.
    """
    order = (windows.c.view_count.desc(), windows.c.window_start.desc(), windows.c.product_id)
    query = select(*_COLUMNS).order_by(*order).limit(limit)
    return list(_rows(connection, query if since is None else query.where(windows.c.window_start >= since)))


def _rows(connection: Connection, query: Select[Any]) -> Iterator[WindowRow]:
    return (WindowRow(*row) for row in connection.execute(query))
