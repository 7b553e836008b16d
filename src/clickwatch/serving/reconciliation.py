"""The standing check: at the cut, both layers have counted the same, per product and hour."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, func, or_, select

from clickwatch.store.batch_views import CURRENT
from clickwatch.store.schema import batch_hours, batch_views

_COMPARED = ("category", "view_count", "cart_count", "purchase_count", "event_count")


@dataclass(frozen=True)
class Difference:
    """What the layers say of one product in the hour that begins at `hour_start` (µs UTC), where it is not the same."""

    hour_start: int
    product_id: str
    batch_category: str
    batch_view_count: int
    batch_cart_count: int
    batch_purchase_count: int
    batch_event_count: int
    speed_category: str
    speed_view_count: int
    speed_cart_count: int
    speed_purchase_count: int
    speed_event_count: int


def differences(connection: Connection, day_start: int) -> Iterator[Difference]:
    """The differences in the current view of a day, by hour, then product. They stream."""
    table = batch_hours.c
    query = (
        select(
            table.hour_start,
            table.product_id,
            *(table[name] for name in _COMPARED),
            *(table[f"cut_{name}"] for name in _COMPARED),
        )
        .join(batch_views, batch_views.c.view_id == table.view_id)
        .where(batch_views.c.status == CURRENT, batch_views.c.day_start == day_start)
        .where(or_(*(table[name] != table[f"cut_{name}"] for name in _COMPARED)))
        .order_by(table.hour_start, table.product_id)
    )
    return (Difference(*row) for row in connection.execute(query))


def compared(connection: Connection, day_start: int) -> int:
    """How many rows of the day's view were compared: one per hour and product."""
    query = (
        select(func.count())
        .select_from(batch_hours)
        .join(batch_views, batch_views.c.view_id == batch_hours.c.view_id)
        .where(batch_views.c.status == CURRENT, batch_views.c.day_start == day_start)
    )
    return connection.execute(query).scalar_one()
