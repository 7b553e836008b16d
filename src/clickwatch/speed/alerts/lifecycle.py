"""The life of alerts and episodes, carried on by each epoch in its own transaction."""

from dataclasses import dataclass

from sqlalchemy import Connection

from clickwatch.domain.alert import AlertThresholds
from clickwatch.domain.window import WindowSpec
from clickwatch.speed.alerts import alert_rows, episode_rows
from clickwatch.speed.alerts.outbox import Outbox


@dataclass(frozen=True)
class AlertChanges:
    """What an epoch changed: alerts by their new status, episodes that began, ended or were withdrawn."""

    opened: int = 0
    withdrawn: int = 0
    confirmed: int = 0
    episodes_begun: int = 0
    episodes_ended: int = 0
    episodes_withdrawn: int = 0


class AlertBook:
    """Keeps the alert rows, the episodes and the outbox in step with the windows. Holds no state of its own."""

    def __init__(self, thresholds: AlertThresholds, spec: WindowSpec, handlers: tuple[str, ...], max_age: int) -> None:
        """`handlers` are the names that messages are written for; windows that ended `max_age` µs ago are not sent."""
        self._thresholds = thresholds
        self._spec = spec
        self._outbox = Outbox(handlers, max_age, spec)

    def update(
        self, c: Connection, epoch: int, touched: tuple[int, int] | None, frontier: int | None, now: int
    ) -> AlertChanges:
        """Follow the windows of an epoch, after they were written and closed, on its connection.

        `touched` are the lowest and the highest window start that the epoch added to, inclusive (None: it only
        closed windows). `frontier`: all windows that end at or before it are closed. All times are µs, UTC.
        """
        opened: list[alert_rows.Place] = []
        withdrawn: list[alert_rows.Place] = []
        if touched is not None:
            rows = alert_rows.TouchedAlerts(c, self._thresholds, epoch, touched, now)
            rows.follow()
            withdrawn = rows.withdraw()
            opened = rows.reopen() + rows.open_new()
        confirmed = alert_rows.confirm(c, now)
        settled = episode_rows.settle(c, opened, withdrawn, self._spec.slide)
        ended = episode_rows.end_closed(c, self._spec, frontier)
        self._outbox.write(c, settled, ended, now)
        return AlertChanges(
            len(opened), len(withdrawn), confirmed, len(settled.begun), len(ended), len(settled.withdrawn)
        )
