"""What every way out for alert messages offers."""

from typing import Protocol

from clickwatch.speed.alerts.day_summary import DaySummary
from clickwatch.speed.alerts.message import AlertMessage

Message = AlertMessage | DaySummary
"""What goes out to people."""


class DeliveryError(Exception):
    """A message that could not be handed over now; `str(error)` says why, in a few words and without a secret."""


class DeliveryUncertain(DeliveryError):
    """A message that was sent and not answered: it may have reached people. It is sent again under the same id."""


class PartlyDelivered(DeliveryError):
    """A message that some people got, and others never will: sending it again would repeat it to the first."""


class AlertHandler(Protocol):
    """A strategy for reaching people. Called from one thread."""

    @property
    def name(self) -> str:
        """What the settings call it, at most 16 characters."""

    def deliver(self, message: AlertMessage, delivery_id: str) -> None:
        """Hand over a message; when it returns the message is delivered. Raises DeliveryError or OSError.

        It ends after a bounded time, whatever the other side does. The same `delivery_id` may come again after a
        crash: a handler that can tell hands it over once only.
        """


class MessageHandler(Protocol):
    """An `AlertHandler` that takes the summaries of days too, as all do that the factory makes."""

    @property
    def name(self) -> str:
        """See `AlertHandler`."""

    def deliver(self, message: Message, delivery_id: str) -> None:
        """See `AlertHandler`."""
