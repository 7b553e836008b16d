"""A stream of epochs over a real store, with windows given by hand: what the engine does around the alert book."""

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
from sqlalchemy import Table, select

from clickwatch.domain.alert import AlertThresholds
from clickwatch.domain.window import HOUR, MINUTE, WindowSpec
from clickwatch.speed.alerts.back_off import BackOff
from clickwatch.speed.alerts.dispatch import Dispatcher
from clickwatch.speed.alerts.handlers.port import AlertHandler, DeliveryError
from clickwatch.speed.alerts.lifecycle import AlertBook, AlertChanges
from clickwatch.speed.alerts.message import AlertMessage
from clickwatch.store import windows as window_rows
from clickwatch.store.database import Store
from clickwatch.store.opening import open_store
from clickwatch.store.sqlite.file import SqliteFile

SPEC = WindowSpec(10 * MINUTE, 5 * MINUTE)
THRESHOLDS = AlertThresholds(min_views=100, max_purchases=5)
BASE = 1_769_411_400_000_000  # 2026-01-26T07:10:00Z, on a window start
Counts = Mapping[tuple[str, int], tuple[int, int]]
"""(product id, window number from BASE) -> views and purchases that an epoch adds."""

_DELTAS = pa.schema(
    [
        ("window_start", pa.int64()),
        ("window_end", pa.int64()),
        ("product_id", pa.string()),
        ("category", pa.string()),
        ("category_time", pa.int64()),
        ("view_count", pa.int64()),
        ("cart_count", pa.int64()),
        ("purchase_count", pa.int64()),
    ]
)


def start_of(number: int) -> int:
    """The start of a window by its number, in µs."""
    return BASE + number * SPEC.slide


def end_of(number: int) -> int:
    """The end of a window by its number, in µs."""
    return start_of(number) + SPEC.length


class AlertStream:
    """Runs epochs: adds counts to windows, closes those that have ended, updates the alert book."""

    def __init__(self, store: Store, handlers: tuple[str, ...] = ("file",), max_age: int = HOUR) -> None:
        self.store = store
        self.book = AlertBook(THRESHOLDS, SPEC, handlers, max_age)
        self.number = 0
        self.frontier: int | None = None
        self.now = end_of(0)

    @classmethod
    def at(cls, folder: Path, handlers: tuple[str, ...] = ("file",)) -> "AlertStream":
        """A stream over the store of a folder, new if there is none."""
        return cls(open_store(SqliteFile(folder / "store.db"), create=True), handlers)

    def epoch(self, counts: Counts | None = None, close_through: int | None = None) -> AlertChanges:
        """One epoch: add `counts`, close the windows up to this number, and commit."""
        self.number += 1
        touched = [start_of(window) for _, window in counts or {}]
        with self.store.begin() as c:
            if counts:
                window_rows.add(c, self.number, _deltas(counts), self.now)
            if close_through is not None:
                self.frontier = max(self.frontier or 0, end_of(close_through))
            if self.frontier is not None:
                window_rows.close(c, self.frontier)
            span = (min(touched), max(touched)) if touched else None
            return self.book.update(c, self.number, span, self.frontier, self.now)

    def rows(self, table: Table) -> list[dict[str, Any]]:
        """All rows of a table, in the order of its primary key."""
        with self.store.read() as c:
            return [dict(row) for row in c.execute(select(table).order_by(*table.primary_key)).mappings()]

    def dispatcher(self, handler: AlertHandler, back_off: BackOff | None = None) -> Dispatcher:
        """A dispatcher over the same store and clock."""
        return Dispatcher(self.store, handler, lambda: self.now, Random(7), back_off)


def _deltas(counts: Counts) -> pa.Table:
    rows = [
        {
            "window_start": start_of(window),
            "window_end": end_of(window),
            "product_id": product,
            "category": "smartphones",
            "category_time": start_of(window),
            "view_count": views,
            "cart_count": 0,
            "purchase_count": purchases,
        }
        for (product, window), (views, purchases) in counts.items()
    ]
    return pa.Table.from_pylist(rows, schema=_DELTAS)


class Inbox:
    """A handler that keeps what it was given; while `broken` it refuses."""

    def __init__(self, name: str = "file") -> None:
        self.name = name
        self.broken = False
        self.attempts = 0
        self.messages: list[tuple[str, AlertMessage]] = []

    def deliver(self, message: AlertMessage, delivery_id: str) -> None:
        self.attempts += 1
        if self.broken:
            raise DeliveryError("nobody answers")
        self.messages.append((delivery_id, message))

    @property
    def kinds(self) -> list[str]:
        """The kinds of the messages that came, in order."""
        return [message.kind for _, message in self.messages]
