"""Sends the outbox: each due delivery goes to its handler, and comes back as delivered, put off or given up.

At least once: a crash between handing over and noting it hands over again, with the same delivery id. That a message
is on its way is written down before: `delivered_at` is then since when it may have reached people, whatever becomes
of the process or of the answer. A failure that says that nothing came through takes it back.
"""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any

import structlog
from sqlalchemy import Row, and_, or_, select, update

from clickwatch.domain.plain_text import printable
from clickwatch.speed.alerts.back_off import BackOff
from clickwatch.speed.alerts.handlers.handing_over import hand_over
from clickwatch.speed.alerts.handlers.port import AlertHandler, DeliveryError, DeliveryUncertain, PartlyDelivered
from clickwatch.speed.alerts.message import AlertMessage
from clickwatch.store.database import Store
from clickwatch.store.schema import deliveries

_ERROR_LENGTH = 200
_READ_AHEAD = 50
_followed = deliveries.alias("followed")
_log = structlog.get_logger(__name__)


def cancel_unchosen(store: Store, names: Sequence[str]) -> int:
    """Cancel what waits for handlers that are not among `names` any more, so that it never comes late; how many."""
    waiting = and_(deliveries.c.status == "pending", deliveries.c.handler.not_in(names))
    values = {"status": "cancelled", "last_error": "the handler is not chosen any more"}
    count = store.transact(lambda c, _: c.execute(update(deliveries).where(waiting).values(values)).rowcount)
    if count:
        _log.warning("waiting alerts cancelled", count=count, reason=values["last_error"])
    return count


class Dispatcher:
    """Delivers what is due to one handler, the longest due first."""

    def __init__(
        self,
        store: Store,
        handler: AlertHandler,
        clock: Callable[[], int],
        random: Random,
        back_off: BackOff | None = None,
        batch: int = 100,
    ) -> None:
        """`clock` gives µs since the Unix epoch, UTC; `batch` bounds the messages of one call."""
        self._store = store
        self._handler = handler
        self._clock = clock
        self._random = random
        self._back_off = back_off or BackOff()
        self._batch = batch
        self._delivered: dict[str, tuple[int, str | None]] = {}

    @property
    def name(self) -> str:
        """The handler's name, with what it is."""
        return f"alert handler {self._handler.name}"

    def deliver_due(self, is_ending: Callable[[], bool] = lambda: False) -> int:
        """Settle what is due now: how many were delivered, put off, given up or cancelled; 0: nothing is due.

        After a failure, the other messages wait for the next call, as they do once `is_ending` says so. Raises
        StoreError or StorageError.
        """
        settled = 0
        self._note_delivered()
        while due := self._read_due(min(_READ_AHEAD, self._batch - settled)):
            for row in due:
                if is_ending():
                    return settled
                settled += 1
                if not self._settle(row):
                    return settled
                self._note_delivered()
        return settled

    def _settle(self, due: Row[Any]) -> bool:
        """Whether the next message may go out after this one."""
        if due.follows is not None and not _may_have_reached(due.followed_status, due.followed_at):
            self._change(due, status="cancelled")
            return True
        # The stream may have cancelled it since it was read: then it is not sent.
        is_mine = self._change(due, delivered_at=self._clock(), attempts=due.attempts + 1)
        return not is_mine or self._hand_over(due)

    def _read_due(self, limit: int) -> Sequence[Row[Any]]:
        """The longest due deliveries whose predecessor, if they follow one, is settled; `limit` at most.

        Several at once: a look costs more than what it finds.
        """
        free = or_(deliveries.c.follows.is_(None), _followed.c.status.is_distinct_from("pending"))
        query = (
            select(
                deliveries, _followed.c.status.label("followed_status"), _followed.c.delivered_at.label("followed_at")
            )
            .outerjoin(_followed, _followed.c.delivery_id == deliveries.c.follows)
            .where(deliveries.c.status == "pending", deliveries.c.next_attempt_at <= self._clock())
            .where(deliveries.c.handler == self._handler.name, free)
            .order_by(deliveries.c.next_attempt_at, deliveries.c.delivery_id)
            .limit(limit)
        )
        with self._store.read() as c:
            return c.execute(query).all()

    def _hand_over(self, due: Row[Any]) -> bool:
        try:
            hand_over(partial(self._handler.deliver, AlertMessage.from_json(due.payload), due.delivery_id))
        except PartlyDelivered as error:
            _log.warning("alert not delivered to all", delivery_id=due.delivery_id, reason=_words(error))
            self._delivered[due.delivery_id] = (self._clock(), _words(error))
            return True
        except (DeliveryError, OSError) as error:
            self._put_off(due, error)
            return False
        self._delivered[due.delivery_id] = (self._clock(), None)
        return True

    def _put_off(self, due: Row[Any], error: Exception) -> None:
        failures = due.attempts + 1
        delay = self._back_off.delay(failures, self._random)
        reason = _words(error)
        _log.warning("alert not delivered", delivery_id=due.delivery_id, attempts=failures, reason=reason)
        known: dict[str, object] = {"last_error": reason}
        if not isinstance(error, DeliveryUncertain):
            known["delivered_at"] = due.delivered_at
        outcome = {"status": "failed"} if delay is None else {"next_attempt_at": self._clock() + delay}
        mine = deliveries.c.delivery_id == due.delivery_id
        with self._store.begin() as c:
            c.execute(update(deliveries).where(mine).values(known))
            c.execute(update(deliveries).where(mine, deliveries.c.status == "pending").values(outcome))

    def _change(self, due: Row[Any], **values: object) -> bool:
        """Change a delivery that is still pending; whether it was: the stream may have cancelled it meanwhile."""
        mine = and_(deliveries.c.delivery_id == due.delivery_id, deliveries.c.status == "pending")
        with self._store.begin() as c:
            return c.execute(update(deliveries).where(mine).values(values)).rowcount > 0

    def _note_delivered(self) -> None:
        """Mark what was handed over, cancelled meanwhile or not: it has reached people, and a correction may follow.

        It is kept in memory until the store has it, so that a store that cannot be written repeats no message.
        """
        if not self._delivered:
            return
        with self._store.begin() as c:
            for delivery_id, (delivered_at, reason) in self._delivered.items():
                done = {"status": "delivered", "delivered_at": delivered_at, "last_error": reason}
                c.execute(update(deliveries).where(deliveries.c.delivery_id == delivery_id).values(done))
        self._delivered.clear()


def _may_have_reached(status: str | None, since: int | None) -> bool:
    return status == "delivered" or since is not None


def _words(error: Exception) -> str:
    return printable(str(error) or type(error).__name__)[:_ERROR_LENGTH]
