"""A message as a mail: plain text, with headers that no product's name can add to."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from clickwatch.domain.plain_text import printable
from clickwatch.domain.window import SECOND
from clickwatch.speed.alerts.day_summary import DaySummary
from clickwatch.speed.alerts.handlers.mail_server import Envelope
from clickwatch.speed.alerts.handlers.port import Message
from clickwatch.speed.alerts.handlers.wording import SUGGESTION, facts, headline
from clickwatch.speed.alerts.message import BEGINNING, CORRECTION, END, AlertMessage

_LONGEST_NAME = 48
"""Characters of a product or a category in the subject; the text has all of them."""


def mail_of(message: Message, delivery_id: str, envelope: Envelope, now: int) -> EmailMessage:
    """The mail for a message at `now` (µs, UTC); the same delivery has the same Message-ID however often it is sent.

    What follows a beginning refers to it, so that mail programs show them together.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address("clickwatch", addr_spec=envelope.sender)
    mail["To"] = [Address(addr_spec=recipient) for recipient in envelope.recipients]
    mail["Subject"] = message.title if isinstance(message, DaySummary) else headline(message, _short)
    mail["Date"] = datetime.fromtimestamp(now // SECOND, UTC)
    mail["Message-ID"] = _message_id(delivery_id, envelope)
    if isinstance(message, AlertMessage) and message.kind in (END, CORRECTION):
        beginning = delivery_id.replace(f":{message.kind}:", f":{BEGINNING}:")
        mail["In-Reply-To"] = mail["References"] = _message_id(beginning, envelope)
    mail["Auto-Submitted"] = "auto-generated"
    # Quoted-printable: every server takes it, and lines keep their limit however long a product's name is.
    text = message.text if isinstance(message, DaySummary) else _text(message)
    mail.set_content(f"{text}\n-- \nclickwatch, delivery {delivery_id}\n", cte="quoted-printable")
    return mail


def _text(message: AlertMessage) -> str:
    known = "".join(f"{name}: {value}\n" for name, value in facts(message))
    suggestion = f"\nSuggestion: {SUGGESTION}\n" if message.kind == BEGINNING else ""
    return f"{headline(message)}\n\n{known}{suggestion}"


def _message_id(delivery_id: str, envelope: Envelope) -> str:
    """A colon is not allowed there."""
    return f"<{delivery_id.replace(':', '.')}@{envelope.sender.rpartition('@')[2]}>"


def _short(text: str) -> str:
    """A text from outside for the subject: cut, and never what the mail library would take for encoded words.

    It decodes those, line ends in them too, and an older one writes these into the header as they are.
    """
    shown = printable(text)
    cut = shown if len(shown) <= _LONGEST_NAME else shown[: _LONGEST_NAME - 1] + "…"
    return cut.replace("=?", "=\\x3f")
