"""The alert rows follow their windows: one read of the windows that matter, one statement per kind of change."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, exists, insert, null, or_, select, update

from clickwatch.domain.alert import FLASH_SALE, AlertThresholds
from clickwatch.store.schema import alerts, windows

OPEN, WITHDRAWN, CONFIRMED = "open", "withdrawn", "confirmed"
ACTIVE = (OPEN, CONFIRMED)

Place = tuple[str, int]
"""Where an alert is: product id and window start (µs)."""

_COPIED = ("category", "view_count", "purchase_count")
_SAME_WINDOW = and_(
    alerts.c.rule == FLASH_SALE,
    alerts.c.product_id == windows.c.product_id,
    alerts.c.window_start == windows.c.window_start,
)
_HERE = and_(
    alerts.c.rule == FLASH_SALE,
    alerts.c.product_id == bindparam("at_product"),
    alerts.c.window_start == bindparam("at_start"),
)


class TouchedAlerts:
    """The windows of an epoch that alert, or have an alert row; each method writes one kind of change."""

    def __init__(
        self, c: Connection, thresholds: AlertThresholds, epoch: int, touched: tuple[int, int], now: int
    ) -> None:
        """Read them; `touched` bounds the starts of the windows that the epoch added to, inclusive; µs, UTC."""
        self._c = c
        self._now = now
        self._rows = _read(c, thresholds, epoch, touched)

    def follow(self) -> None:
        """Alerts that stay as they are, withdrawn ones too, take over their windows' counts and category."""
        changed = [row for row in self._rows if row.was is not None and row.differs and not _turns(row)]
        self._update(changed)

    def withdraw(self) -> list[Place]:
        """Active alerts for which the rule no longer holds become withdrawn."""
        return self._update([row for row in self._rows if row.was in ACTIVE and not row.holds], status=WITHDRAWN)

    def reopen(self) -> list[Place]:
        """Withdrawn alerts for which the rule holds after all are open again, in no episode yet."""
        chosen = [row for row in self._rows if row.was == WITHDRAWN and row.holds]
        return self._update(chosen, status=OPEN, opened_at=self._now, episode_id=null())

    def open_new(self) -> list[Place]:
        """Windows without an alert row, for which the rule holds, get one."""
        chosen = [row for row in self._rows if row.was is None]
        if chosen:
            self._c.execute(insert(alerts), [self._new_row(row) for row in chosen])
        return _places(chosen)

    def _update(self, chosen: list[Row[Any]], **changes: Any) -> list[Place]:
        if chosen:
            copied: dict[str, Any] = {name: bindparam(name) for name in _COPIED}
            statement = update(alerts).where(_HERE).values(**copied, **changes, changed_at=self._now)
            self._c.execute(statement, [_at(row) | _counts(row) for row in chosen])
        return _places(chosen)

    def _new_row(self, row: Row[Any]) -> dict[str, Any]:
        return {
            "rule": FLASH_SALE,
            "product_id": row.product_id,
            "window_start": row.window_start,
            "window_end": row.window_end,
            **_counts(row),
            "status": OPEN,
            "opened_at": self._now,
            "changed_at": self._now,
        }


def confirm(c: Connection, now: int) -> int:
    """Open alerts whose window is closed become confirmed; how many."""
    closed = exists().where(_SAME_WINDOW, windows.c.status == "closed").correlate(alerts)
    change = update(alerts).where(alerts.c.status == OPEN, closed).values(status=CONFIRMED, changed_at=now)
    return c.execute(change).rowcount


def _read(c: Connection, thresholds: AlertThresholds, epoch: int, touched: tuple[int, int]) -> Sequence[Row[Any]]:
    """From the windows outwards, so that the work follows what was touched and not the history of alerts."""
    holds = and_(
        windows.c.view_count > thresholds.min_views,
        windows.c.purchase_count < thresholds.max_purchases,
    )
    differs = or_(*(alerts.c[name] != windows.c[name] for name in _COPIED))
    query = (
        select(windows, alerts.c.status.label("was"), holds.label("holds"), differs.label("differs"))
        .outerjoin(alerts, _SAME_WINDOW)
        .where(windows.c.window_start.between(*touched), windows.c.epoch == epoch)
        .where(or_(holds, alerts.c.status.is_not(None)))
    )
    return c.execute(query).all()


def _turns(row: Row[Any]) -> bool:
    return bool(row.holds) != (row.was in ACTIVE)


def _places(rows: list[Row[Any]]) -> list[Place]:
    return [(row.product_id, row.window_start) for row in rows]


def _at(row: Row[Any]) -> dict[str, Any]:
    return {"at_product": row.product_id, "at_start": row.window_start}


def _counts(row: Row[Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _COPIED}
