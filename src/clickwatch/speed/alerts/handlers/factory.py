"""Builds the chosen handlers by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from clickwatch.errors import SettingsError
from clickwatch.eventlog.port import EventLog
from clickwatch.speed.alerts.handlers.console import ConsoleHandler
from clickwatch.speed.alerts.handlers.email import EmailHandler
from clickwatch.speed.alerts.handlers.file import FileHandler
from clickwatch.speed.alerts.handlers.kafka import KafkaHandler
from clickwatch.speed.alerts.handlers.mail_server import Envelope, MailServer
from clickwatch.speed.alerts.handlers.port import MessageHandler
from clickwatch.speed.alerts.handlers.webhook import WebhookHandler
from clickwatch.speed.alerts.handlers.webhook_target import WebhookTarget


@dataclass(frozen=True)
class WaysOut:
    """What the handlers need, each its own; a part that is None is not set up."""

    alert_file: Path
    webhook: WebhookTarget | None = None
    mail: tuple[MailServer, Envelope] | None = None
    topic: Callable[[], EventLog] | None = None


class AlertHandlerFactory:
    """Knows each handler by its name, and what it needs."""

    def __init__(self, ways_out: WaysOut, clock: Callable[[], int]) -> None:
        """`clock` gives µs since the Unix epoch, UTC."""
        self._ways_out = ways_out
        self._clock = clock
        self._makers: dict[str, Callable[[], MessageHandler]] = {
            ConsoleHandler.name: ConsoleHandler,
            FileHandler.name: lambda: FileHandler(ways_out.alert_file),
            WebhookHandler.name: self._webhook,
            EmailHandler.name: self._email,
            KafkaHandler.name: self._kafka,
        }

    def make(self, names: Sequence[str]) -> tuple[MessageHandler, ...]:
        """One handler per name, each name once. Raises SettingsError for a name not known, or a way not set up."""
        unknown = sorted(set(names) - set(self._makers))
        if unknown:
            known = ", ".join(sorted(self._makers))
            raise SettingsError(f"unknown alert handler {', '.join(unknown)}", f"Known are {known}")
        return tuple(self._makers[name]() for name in dict.fromkeys(names))

    def _webhook(self) -> MessageHandler:
        if self._ways_out.webhook is None:
            raise SettingsError("the alert handler webhook has no address", "Set ALERT_WEBHOOK_URL")
        return WebhookHandler(self._ways_out.webhook, self._clock)

    def _email(self) -> MessageHandler:
        if self._ways_out.mail is None:
            cure = "Set SMTP_HOST, ALERT_EMAIL_FROM and ALERT_EMAIL_TO"
            raise SettingsError("the alert handler email has no mail server", cure)
        server, envelope = self._ways_out.mail
        return EmailHandler(server, envelope, self._clock)

    def _kafka(self) -> MessageHandler:
        if self._ways_out.topic is None:
            raise SettingsError("the alert handler kafka has no topic", "Set ALERT_KAFKA_TOPIC")
        return KafkaHandler(self._ways_out.topic)
