"""Alert messages for people at a terminal."""

import sys
from typing import TextIO

from clickwatch.domain.instant import iso_utc
from clickwatch.domain.plain_text import printable
from clickwatch.speed.alerts.handlers.port import DeliveryError
from clickwatch.speed.alerts.message import BEGINNING, CORRECTION, AlertMessage

_RULE = "═" * 23


class ConsoleHandler:
    """Prints a block for a beginning, one line for an end or a correction."""

    name = "console"

    def __init__(self, stream: TextIO | None = None) -> None:
        """`stream` defaults to what standard output is at the time of a message."""
        self._stream = stream

    def deliver(self, message: AlertMessage, delivery_id: str) -> None:
        """Print the message; what the stream's encoding lacks is written as an escape."""
        stream = self._stream or sys.stdout
        encoding = getattr(stream, "encoding", None) or "utf-8"
        text = render(message).encode(encoding, "backslashreplace").decode(encoding)
        try:
            stream.write(text)
            stream.flush()
        except ValueError as error:
            raise DeliveryError("standard output is closed") from error


def render(message: AlertMessage) -> str:
    """The text for a terminal, with its line ends; text from outside is made harmless."""
    if message.kind == BEGINNING:
        return _block(message)
    product = f"{printable(message.product_id)} ({printable(message.category)})"
    if message.kind == CORRECTION:
        return f"✖ FLASH SALE ALERT withdrawn: {product}, it is being bought after all\n"
    return f"✔ FLASH SALE over: {product}, {iso_utc(message.first_window_start)} to {iso_utc(message.window_end)}\n"


def _block(message: AlertMessage) -> str:
    rate = message.conversion_rate
    lines = (
        "🚨 FLASH SALE ALERT 🚨",
        _RULE,
        f"Product ID: {printable(message.product_id)}",
        f"Category: {printable(message.category)}",
        f"Views: {message.view_count}",
        f"Purchases: {message.purchase_count}",
        f"Conversion Rate: {'-' if rate is None else f'{rate}%'}",
        "Suggestion: Consider Flash Sale!",
        _RULE,
    )
    return "\n".join(lines) + "\n"
