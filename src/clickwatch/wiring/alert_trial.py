"""One message by hand through each chosen handler, past the outbox, to see whether it arrives."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from clickwatch.domain.window import MINUTE
from clickwatch.settings import AppSettings
from clickwatch.speed.alerts.handlers.handing_over import hand_over
from clickwatch.speed.alerts.handlers.port import DeliveryError
from clickwatch.speed.alerts.message import TEST, AlertMessage
from clickwatch.wiring.alerts import alert_handlers, places
from clickwatch.wiring.home import open_home
from clickwatch.wiring.log import wall_clock


@dataclass(frozen=True)
class Tried:
    """What became of a test message: where it went, and the problem if it did not arrive."""

    handler: str
    place: str
    problem: str | None


def send_tests(settings: AppSettings) -> Iterator[Tried]:
    """Send a message of the kind `test` through each chosen handler, one after the other. Raises StorageError."""
    home = open_home(settings)
    where = places(settings, home)
    name = f"test-{secrets.token_hex(8)}"
    message = _message(name, wall_clock() // MINUTE * MINUTE)
    for handler in alert_handlers(settings, home):
        problem = None
        try:
            hand_over(partial(handler.deliver, message, f"{name}:{TEST}:{handler.name}"))
        except (DeliveryError, OSError) as error:
            problem = str(error)
        yield Tried(handler.name, where[handler.name], problem)


def idle_ways_out(settings: AppSettings) -> list[str]:
    """Handlers that are set up, so that somebody meant them to be used, and are not chosen."""
    meant = {"webhook": settings.alert_webhook_url, "email": settings.smtp_host}
    return [name for name, setting in meant.items() if setting is not None and name not in settings.alert_handlers]


def _message(name: str, now: int) -> AlertMessage:
    return AlertMessage(
        kind=TEST,
        rule=TEST,
        product_id="TEST",
        category="test",
        window_start=now,
        window_end=now + MINUTE,
        view_count=0,
        purchase_count=0,
        first_window_start=now,
        episode_id=name,
    )
