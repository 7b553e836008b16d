"""A message handed to a handler, whatever the handler raises."""

from collections.abc import Callable

from clickwatch.speed.alerts.handlers.port import DeliveryError, DeliveryUncertain
from clickwatch.speed.unforeseen import unforeseen


def hand_over(deliver: Callable[[], None]) -> None:
    """Deliver a message, as a handler does. Raises DeliveryError or OSError, and nothing else.

    Libraries raise what nobody has thought of when the other side says what nobody has thought of: that may cost one
    message an attempt, and never the other messages their way out.
    """
    try:
        deliver()
    except (DeliveryError, OSError):
        raise
    except Exception as error:
        raise DeliveryUncertain(unforeseen(error)) from error
