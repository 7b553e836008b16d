"""Alerts and deliveries as rows for the commands, oldest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, Select, Table, select

from clickwatch.domain.alert import conversion_rate
from clickwatch.store.schema import alerts, deliveries, episodes


@dataclass(frozen=True)
class AlertRow:
    """One alert. Times are µs since the Unix epoch, UTC; the window is half-open; the rate is in per cent."""

    rule: str
    product_id: str
    category: str
    window_start: int
    window_end: int
    view_count: int
    purchase_count: int
    conversion_rate: Decimal | None
    status: str
    opened_at: int
    changed_at: int
    episode_id: str | None


@dataclass(frozen=True)
class DeliveryRow:
    """One message of the outbox, without its text. Times are µs since the Unix epoch, UTC.

    `delivered_at` of a message that is not delivered is since when it may have reached people all the same.
    """

    delivery_id: str
    episode_id: str
    product_id: str | None
    kind: str
    handler: str
    status: str
    attempts: int
    created_at: int
    next_attempt_at: int
    delivered_at: int | None
    last_error: str | None
    follows: str | None


def list_alerts(
    c: Connection, status: str | None = None, *, product_id: str | None = None, newest: int | None = None
) -> Iterator[AlertRow]:
    """Alerts by window start, then product: all, or those of one status or product, or only the newest few."""
    chosen = select(alerts)
    if status is not None:
        chosen = chosen.where(alerts.c.status == status)
    if product_id is not None:
        chosen = chosen.where(alerts.c.product_id == product_id)
    for row in c.execute(_newest(chosen, alerts, ("window_start", "product_id", "rule"), newest)).mappings():
        rate = conversion_rate(row["view_count"], row["purchase_count"])
        yield AlertRow(**row, conversion_rate=rate)


def list_deliveries(c: Connection, status: str | None = None, *, newest: int | None = None) -> Iterator[DeliveryRow]:
    """Deliveries by the time they were written: all, or those of one status, or only the newest few."""
    names = [name for name in DeliveryRow.__dataclass_fields__ if name != "product_id"]
    episode = deliveries.c.episode_id == episodes.c.episode_id
    chosen = select(*(deliveries.c[name] for name in names), episodes.c.product_id).outerjoin(episodes, episode)
    if status is not None:
        chosen = chosen.where(deliveries.c.status == status)
    for row in c.execute(_newest(chosen, deliveries, ("created_at", "delivery_id"), newest)).mappings():
        yield DeliveryRow(**row)


def _newest(
    chosen: Select[*tuple[object, ...]], table: Table, order: tuple[str, ...], few: int | None
) -> Select[*tuple[object, ...]]:
    if few is None:
        return chosen.order_by(*(table.c[name] for name in order))
    last = chosen.order_by(*(table.c[name].desc() for name in order)).limit(few).subquery()
    return select(last).order_by(*(last.c[name] for name in order))
