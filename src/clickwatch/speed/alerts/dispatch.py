"""Sends the outbox: each due delivery goes to its handler, and comes back as delivered, put off or given up.

At least once: a crash between handing over and noting it hands over again, with the same delivery id.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import structlog
from sqlalchemy import Row, and_, or_, select, update

from clickwatch.domain.plain_text import printable
from clickwatch.speed.alerts.back_off import BackOff
from clickwatch.speed.alerts.handlers.port import AlertHandler, DeliveryError
from clickwatch.speed.alerts.message import AlertMessage
from clickwatch.store.database import Store
from clickwatch.store.schema import deliveries

_ERROR_LENGTH = 200
_followed = deliveries.alias("followed")
_log = structlog.get_logger(__name__)


class Dispatcher:
    """Delivers what is due, the longest due first; one handler's failure puts off its own messages only."""

    def __init__(
        self,
        store: Store,
        handlers: Sequence[AlertHandler],
        clock: Callable[[], int],
        random: Random,
        back_off: BackOff | None = None,
        batch: int = 100,
    ) -> None:
        """`clock` gives µs since the Unix epoch, UTC; `batch` bounds the messages per handler in one call."""
        self._store = store
        self._handlers = tuple(handlers)
        self._clock = clock
        self._random = random
        self._back_off = back_off or BackOff()
        self._batch = batch
        self._delivered: dict[str, int] = {}

    def cancel_unchosen(self) -> int:
        """Cancel what waits for handlers that are not chosen any more, so that it never comes late; how many."""
        names = [handler.name for handler in self._handlers]
        waiting = and_(deliveries.c.status == "pending", deliveries.c.handler.not_in(names))
        values = {"status": "cancelled", "last_error": "the handler is not chosen any more"}
        with self._store.begin() as c:
            return c.execute(update(deliveries).where(waiting).values(values)).rowcount

    def deliver_due(self) -> int:
        """Settle what is due now: how many were delivered, put off, given up or cancelled; 0: nothing is due.

        After a failure, a handler's other messages wait for the next call. Raises StoreError or StorageError.
        """
        return sum(self._deliver_to(handler) for handler in self._handlers)

    def _deliver_to(self, handler: AlertHandler) -> int:
        for settled in range(self._batch):
            self._note_delivered()
            due = self._next_due(handler.name)
            if due is None:
                return settled
            if due.follows is not None and due.followed_status != "delivered":
                self._change(due, status="cancelled")
            elif not self._hand_over(handler, due):
                return settled + 1
        self._note_delivered()
        return self._batch

    def _next_due(self, handler: str) -> Row[Any] | None:
        """The longest due delivery whose predecessor, if it follows one, is settled."""
        free = or_(deliveries.c.follows.is_(None), _followed.c.status.is_distinct_from("pending"))
        query = (
            select(deliveries, _followed.c.status.label("followed_status"))
            .outerjoin(_followed, _followed.c.delivery_id == deliveries.c.follows)
            .where(deliveries.c.status == "pending", deliveries.c.next_attempt_at <= self._clock())
            .where(deliveries.c.handler == handler, free)
            .order_by(deliveries.c.next_attempt_at, deliveries.c.delivery_id)
            .limit(1)
        )
        with self._store.read() as c:
            return c.execute(query).one_or_none()

    def _hand_over(self, handler: AlertHandler, due: Row[Any]) -> bool:
        try:
            handler.deliver(AlertMessage.from_json(due.payload), due.delivery_id)
        except (DeliveryError, OSError) as error:
            self._put_off(due, error)
            return False
        self._delivered[due.delivery_id] = self._clock()
        return True

    def _put_off(self, due: Row[Any], error: Exception) -> None:
        failures = due.attempts + 1
        delay = self._back_off.delay(failures, self._random)
        reason = printable(str(error) or type(error).__name__)[:_ERROR_LENGTH]
        _log.warning("alert not delivered", delivery_id=due.delivery_id, attempts=failures, reason=reason)
        outcome = {"status": "failed"} if delay is None else {"next_attempt_at": self._clock() + delay}
        self._change(due, attempts=failures, last_error=reason, **outcome)

    def _change(self, due: Row[Any], **values: object) -> None:
        """Change a delivery that is still pending: the stream may have cancelled it in the meantime."""
        mine = and_(deliveries.c.delivery_id == due.delivery_id, deliveries.c.status == "pending")
        with self._store.begin() as c:
            c.execute(update(deliveries).where(mine).values(values))

    def _note_delivered(self) -> None:
        """Mark what was handed over, cancelled meanwhile or not: it has reached people, and a correction may follow.

        It is kept in memory until the store has it, so that a store that cannot be written repeats no message.
        """
        if not self._delivered:
            return
        with self._store.begin() as c:
            for delivery_id, delivered_at in self._delivered.items():
                done = {"status": "delivered", "delivered_at": delivered_at, "last_error": None}
                mine = deliveries.c.delivery_id == delivery_id
                c.execute(update(deliveries).where(mine).values(**done, attempts=deliveries.c.attempts + 1))
        self._delivered.clear()
