"""A message handed to a handler, whatever the handler raises."""

import traceback
from collections.abc import Callable
from pathlib import PurePath

from clickwatch.speed.alerts.handlers.port import DeliveryError, DeliveryUncertain


def hand_over(deliver: Callable[[], None]) -> None:
    """Deliver a message, as a handler does. Raises DeliveryError or OSError, and nothing else.

    Libraries raise what nobody has thought of when the other side says what nobody has thought of: that may cost one
    message an attempt, and never the other messages their way out. It is told by its kind and its place alone,
    because its words may quote an address or a password.
    """
    try:
        deliver()
    except (DeliveryError, OSError):
        raise
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{PurePath(place.filename).name}, line {place.lineno}"
        raise DeliveryUncertain(f"an unforeseen {type(error).__name__} ({where})") from error
