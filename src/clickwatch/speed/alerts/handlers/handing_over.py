"""A message handed to a handler, whatever the handler raises."""

import traceback
from pathlib import PurePath

from clickwatch.speed.alerts.handlers.port import AlertHandler, DeliveryError, DeliveryUncertain
from clickwatch.speed.alerts.message import AlertMessage


def hand_over(handler: AlertHandler, message: AlertMessage, delivery_id: str) -> None:
    """Deliver a message. Raises DeliveryError or OSError, and nothing else.

    Libraries raise what nobody has thought of when the other side says what nobody has thought of: that may cost one
    message an attempt, and never the other messages their way out. It is told by its kind and its place alone,
    because its words may quote an address or a password.
    """
    try:
        handler.deliver(message, delivery_id)
    except (DeliveryError, OSError):
        raise
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{PurePath(place.filename).name}, line {place.lineno}"
        raise DeliveryUncertain(f"an unforeseen {type(error).__name__} ({where})") from error
