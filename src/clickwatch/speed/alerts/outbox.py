"""The outbox: messages written in the transaction of the episodes that they speak of, sent later by `dispatch.py`.

An episode is announced once per handler: when it begins, or when its first recent window joins. Its end and its
correction follow that beginning: they are sent only if it was delivered, or may have been. A correction is written
even for a beginning that is cancelled here, because that message may be on its way at this moment; the dispatcher
cancels the correction as soon as it knows better.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, select, update

from clickwatch.domain.window import WindowSpec
from clickwatch.speed.alerts.alert_rows import ACTIVE
from clickwatch.speed.alerts.episode_rows import Settled, chunks
from clickwatch.speed.alerts.message import BEGINNING, CORRECTION, END, AlertMessage
from clickwatch.store.schema import alerts, deliveries, episodes
from clickwatch.store.upsert import insert_into

_MEMBERS = and_(
    alerts.c.rule == episodes.c.rule,
    alerts.c.product_id == episodes.c.product_id,
    alerts.c.window_start.between(episodes.c.first_window_start, episodes.c.last_window_start),
    alerts.c.episode_id == episodes.c.episode_id,
    alerts.c.status.in_(ACTIVE),
)
_SENDABLE = ("pending", "delivered")


class Outbox:
    """Writes the messages of an epoch's episodes for each of `handlers`. Holds no state of its own."""

    def __init__(self, handlers: tuple[str, ...], max_age: int, spec: WindowSpec) -> None:
        """`handlers` are names; an episode is announced by a window that ended no longer than `max_age` µs ago."""
        self._handlers = handlers
        self._max_age = max_age
        self._spec = spec

    def write(self, c: Connection, settled: Settled, ended: list[str], now: int) -> None:
        """Write what is to be said of episodes that changed or ended, at `now` (µs)."""
        if not self._handlers:
            return
        for names in chunks(settled.withdrawn):
            _insert(c, self._corrections(c, names, now))
        for names in chunks(settled.withdrawn + settled.merged):
            pending = and_(self._beginnings_of(names), deliveries.c.status == "pending")
            c.execute(update(deliveries).where(pending).values(status="cancelled"))
        for names in chunks(settled.begun + settled.grown):
            _insert(c, self._beginnings(c, names, now))
        for names in chunks(ended):
            _insert(c, self._ends(c, names, now))

    def _beginnings(self, c: Connection, names: list[str], now: int) -> list[dict[str, Any]]:
        """Rows for the episodes with a recent window that were not announced yet; marks them announced."""
        oldest = now - self._max_age - self._spec.length
        news = and_(~episodes.c.announced, episodes.c.last_window_start >= oldest)
        strongest: dict[str, AlertMessage] = {}
        for message in _messages(c, BEGINNING, names, alerts.c.window_start >= oldest, news):
            best = strongest.get(message.episode_id)
            if best is None or message.view_count > best.view_count:
                strongest[message.episode_id] = message
        told = episodes.c.episode_id.in_(list(strongest))
        c.execute(update(episodes).where(told).values(announced=True))
        return [_row(message, handler, now) for message in strongest.values() for handler in self._handlers]

    def _ends(self, c: Connection, names: list[str], now: int) -> list[dict[str, Any]]:
        told = {(beginning.episode_id, beginning.handler): beginning for beginning in self._told(c, names)}
        last = alerts.c.window_start == episodes.c.last_window_start
        return [
            _row(message, handler, now, follows=told[message.episode_id, handler].delivery_id)
            for message in _messages(c, END, names, last, episodes.c.announced)
            for handler in self._handlers
            if (message.episode_id, handler) in told
        ]

    def _corrections(self, c: Connection, names: list[str], now: int) -> list[dict[str, Any]]:
        return [
            _row(
                replace(AlertMessage.from_json(beginning.payload), kind=CORRECTION),
                beginning.handler,
                now,
                follows=beginning.delivery_id,
            )
            for beginning in self._told(c, names)
        ]

    def _told(self, c: Connection, names: list[str]) -> list[Row[Any]]:
        rows = c.execute(select(deliveries).where(self._beginnings_of(names)).order_by(deliveries.c.delivery_id))
        return [row for row in rows if row.status in _SENDABLE or row.delivered_at is not None]

    def _beginnings_of(self, names: list[str]) -> ColumnElement[bool]:
        ids = [delivery_id(name, BEGINNING, handler) for name in names for handler in self._handlers]
        return deliveries.c.delivery_id.in_(ids)


def delivery_id(episode_id: str, kind: str, handler: str) -> str:
    """The stable id of a message to one handler: the same however often it is written or sent."""
    return f"{episode_id}:{kind}:{handler}"


def _messages(
    c: Connection, kind: str, names: list[str], which: ColumnElement[bool], told: ColumnElement[bool]
) -> Iterator[AlertMessage]:
    """A message per active alert that is `which`, of the episodes that are `told`; by product and window start.

    An outer join from the episodes: a planner without statistics begins an inner one at the alerts, and reads their
    whole history.
    """
    rows = select(alerts, episodes.c.first_window_start).select_from(episodes).outerjoin(alerts, and_(_MEMBERS, which))
    ordered = rows.where(episodes.c.episode_id.in_(names), told).order_by(alerts.c.product_id, alerts.c.window_start)
    return (_message(kind, row) for row in c.execute(ordered) if row.rule is not None)


def _message(kind: str, row: Row[Any]) -> AlertMessage:
    return AlertMessage(
        kind=kind,
        rule=row.rule,
        product_id=row.product_id,
        category=row.category,
        window_start=row.window_start,
        window_end=row.window_end,
        view_count=row.view_count,
        purchase_count=row.purchase_count,
        first_window_start=row.first_window_start,
        episode_id=row.episode_id,
    )


def _row(message: AlertMessage, handler: str, now: int, follows: str | None = None) -> dict[str, Any]:
    return {
        "delivery_id": delivery_id(message.episode_id, message.kind, handler),
        "episode_id": message.episode_id,
        "kind": message.kind,
        "handler": handler,
        "payload": message.to_json(),
        "status": "pending",
        "attempts": 0,
        "created_at": now,
        "next_attempt_at": now,
        "follows": follows,
    }


def _insert(c: Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        c.execute(insert_into(c.dialect.name, deliveries).on_conflict_do_nothing(), rows)
