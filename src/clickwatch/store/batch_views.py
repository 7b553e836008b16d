"""The batch layer's views of days: written as drafts in small transactions, current from one moment to the next.

A view is known by its number, which its rows carry in `batch_hours`, `user_segments`, `top_products` and
`conversion_rates`. Readers see those of current views only. One process publishes a day at a time: the lease is the
caller's.
"""

from dataclasses import dataclass

import pyarrow as pa
from sqlalchemy import Connection, Table, delete, func, insert, select, update

from clickwatch.store.deltas import values
from clickwatch.store.schema import batch_hours, batch_views, conversion_rates, top_products, user_segments
from clickwatch.store.sums import whole_sum
from clickwatch.store.upsert import write_columns

VIEW_TABLES = (batch_hours, user_segments, top_products, conversion_rates)
DRAFT, CURRENT, RETIRED = "draft", "current", "retired"


@dataclass(frozen=True)
class BatchView:
    """The view of the day that begins at `day_start` (µs UTC); `cut` is the last epoch that it has seen."""

    view_id: int
    day_start: int
    cut: int
    is_complete: bool


_COLUMNS = [batch_views.c[name] for name in BatchView.__dataclass_fields__]


def begin(connection: Connection, day_start: int, cut: int, is_complete: bool) -> int:
    """A new draft; its number."""
    number = (connection.execute(select(func.max(batch_views.c.view_id))).scalar() or 0) + 1
    row = {"view_id": number, "day_start": day_start, "cut": cut, "is_complete": is_complete, "status": DRAFT}
    connection.execute(insert(batch_views), row)
    return number


def add(connection: Connection, table: Table, view_id: int, rows: pa.Table) -> None:
    """Add rows to a draft: the columns of `table` but for `view_id`, at most ROWS_AT_ONCE."""
    columns = {name: values(rows[name]) for name in rows.column_names}
    columns["view_id"] = [view_id] * rows.num_rows
    write_columns(connection, insert(table), columns)


def make_current(connection: Connection, view_id: int) -> None:
    """Let a draft take the place of its day's view, in this transaction."""
    day_start = select(batch_views.c.day_start).where(batch_views.c.view_id == view_id).scalar_subquery()
    others = (batch_views.c.status == CURRENT) & (batch_views.c.day_start == day_start)
    connection.execute(update(batch_views).where(others).values(status=RETIRED))
    connection.execute(update(batch_views).where(batch_views.c.view_id == view_id).values(status=CURRENT))


def current(connection: Connection, day_start: int) -> BatchView | None:
    """The day's view, None if it has none."""
    query = select(*_COLUMNS).where(batch_views.c.status == CURRENT, batch_views.c.day_start == day_start)
    row = connection.execute(query).one_or_none()
    return BatchView(*row) if row is not None else None


def all_current(connection: Connection) -> list[BatchView]:
    """The views of all days, by day."""
    query = select(*_COLUMNS).where(batch_views.c.status == CURRENT).order_by(batch_views.c.day_start)
    return [BatchView(*row) for row in connection.execute(query)]


def of_day(connection: Connection, day_start: int) -> list[int]:
    """The numbers of all views of a day: the current one, drafts and retired ones."""
    return list(connection.execute(select(batch_views.c.view_id).where(batch_views.c.day_start == day_start)).scalars())


def event_count(connection: Connection, view_id: int) -> int:
    """The accepted events that a view has counted."""
    query = select(whole_sum(batch_hours.c.event_count)).where(batch_hours.c.view_id == view_id)
    return connection.execute(query).scalar_one() or 0


def user_rows(connection: Connection, views: list[int]) -> int:
    """How many rows about single users some views have."""
    query = select(func.count()).select_from(user_segments).where(user_segments.c.view_id.in_(views))
    return int(connection.execute(query).scalar_one())


def needless(connection: Connection, day_start: int) -> list[int]:
    """The day's drafts and retired views, which nobody reads."""
    others = (batch_views.c.status != CURRENT) & (batch_views.c.day_start == day_start)
    return list(connection.execute(select(batch_views.c.view_id).where(others)).scalars())


def forget(connection: Connection, view_id: int) -> None:
    """Remove a view that has no rows any more."""
    connection.execute(delete(batch_views).where(batch_views.c.view_id == view_id))
