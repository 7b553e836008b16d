"""The users of a day by segment, from the day's current view."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select

from clickwatch.store.batch_views import CURRENT
from clickwatch.store.schema import batch_views, user_segments


@dataclass(frozen=True)
class SegmentRow:
    """What one user came for on the day that begins at `day_start` (µs UTC)."""

    day_start: int
    user_key: str
    segment: str
    view_count: int
    cart_count: int
    purchase_count: int


def list_rows(
    connection: Connection, day_start: int, *, segment: str | None = None, limit: int | None = None
) -> Iterator[SegmentRow]:
    """The users of a day, by user key. They stream: use them before the connection's transaction ends."""
    names = [name for name in SegmentRow.__dataclass_fields__ if name != "day_start"]
    query: Select[Any] = (
        select(batch_views.c.day_start, *(user_segments.c[name] for name in names))
        .join(batch_views, batch_views.c.view_id == user_segments.c.view_id)
        .where(batch_views.c.status == CURRENT, batch_views.c.day_start == day_start)
        .order_by(user_segments.c.user_key)
        .limit(limit)
    )
    if segment is not None:
        query = query.where(user_segments.c.segment == segment)
    return (SegmentRow(*row) for row in connection.execute(query))


def counts(connection: Connection, day_start: int) -> dict[str, int]:
    """How many users of a day are in each segment."""
    query = (
        select(user_segments.c.segment, func.count())
        .join(batch_views, batch_views.c.view_id == user_segments.c.view_id)
        .where(batch_views.c.status == CURRENT, batch_views.c.day_start == day_start)
        .group_by(user_segments.c.segment)
        .order_by(user_segments.c.segment)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
