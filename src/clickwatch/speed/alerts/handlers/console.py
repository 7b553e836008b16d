"""Alert messages for people at a terminal."""

import sys
from typing import TextIO

from clickwatch.speed.alerts.day_summary import DaySummary
from clickwatch.speed.alerts.handlers.port import DeliveryError, Message
from clickwatch.speed.alerts.handlers.wording import SUGGESTION, counted, headline
from clickwatch.speed.alerts.message import BEGINNING, CORRECTION, END, TEST, AlertMessage

_RULE = "═" * 23
_MARKS = {END: "✔", CORRECTION: "✖", TEST: "☑"}


class ConsoleHandler:
    """Prints a block for a beginning, the whole summary of a day, one line for everything else."""

    name = "console"

    def __init__(self, stream: TextIO | None = None) -> None:
        """`stream` defaults to what standard output is at the time of a message."""
        self._stream = stream

    def deliver(self, message: Message, delivery_id: str) -> None:
        """Print the message; what the stream's encoding lacks is written as an escape."""
        stream = self._stream or sys.stdout
        encoding = getattr(stream, "encoding", None) or "utf-8"
        text = render(message).encode(encoding, "backslashreplace").decode(encoding)
        try:
            stream.write(text)
            stream.flush()
        except ValueError as error:
            raise DeliveryError("standard output is closed") from error


def render(message: Message) -> str:
    """The text for a terminal, with its line ends; text from outside is made harmless."""
    if isinstance(message, DaySummary):
        return message.text
    if message.kind == BEGINNING:
        return _block(message)
    return f"{_MARKS[message.kind]} {headline(message)}\n"


def _block(message: AlertMessage) -> str:
    known = (f"{name}: {value}" for name, value in counted(message))
    lines = ("🚨 FLASH SALE ALERT 🚨", _RULE, *known, f"Suggestion: {SUGGESTION}", _RULE)
    return "\n".join(lines) + "\n"
