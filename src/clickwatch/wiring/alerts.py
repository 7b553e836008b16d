"""The ways out for alert messages that the settings name."""

from random import Random

from clickwatch.settings import AppSettings
from clickwatch.speed.alerts.dispatch import Dispatcher, cancel_unchosen
from clickwatch.speed.alerts.handlers.factory import AlertHandlerFactory, WaysOut
from clickwatch.speed.alerts.handlers.kafka import KafkaHandler
from clickwatch.speed.alerts.handlers.mail_server import DEFAULT_PORTS, Envelope, MailServer
from clickwatch.speed.alerts.handlers.port import MessageHandler
from clickwatch.speed.alerts.handlers.webhook_target import WebhookTarget
from clickwatch.store.database import Store
from clickwatch.wiring.home import Home
from clickwatch.wiring.kafka import alert_topic
from clickwatch.wiring.log import wall_clock


def alert_handlers(settings: AppSettings, home: Home) -> tuple[MessageHandler, ...]:
    """The chosen handlers, in the order of the settings. Raises MissingExtra if one needs an extra."""
    ways_out = WaysOut(
        settings.alert_file or home.alerts,
        webhook=_webhook(settings),
        mail=_mail(settings),
        topic=alert_topic(settings) if KafkaHandler.name in settings.alert_handlers else None,
    )
    return AlertHandlerFactory(ways_out, wall_clock).make(settings.alert_handlers)


def places(settings: AppSettings, home: Home) -> dict[str, str]:
    """Handler -> where its messages go, in words that hold no secret."""
    webhook, mail = _webhook(settings), _mail(settings)
    found = {
        "console": "standard output",
        "file": str(settings.alert_file or home.alerts),
        "kafka": f"the topic {settings.alert_kafka_topic} at {settings.kafka_bootstrap_servers}",
    }
    if webhook is not None:
        found["webhook"] = webhook.host
    if mail is not None:
        found["email"] = f"{', '.join(mail[1].recipients)} by {mail[0].host}"
    return found


def dispatchers(settings: AppSettings, home: Home, store: Store) -> list[Dispatcher]:
    """One for each chosen handler; what waits for others is cancelled."""
    handlers = alert_handlers(settings, home)
    cancel_unchosen(store, [handler.name for handler in handlers])
    return [Dispatcher(store, handler, wall_clock, Random()) for handler in handlers]


def _webhook(settings: AppSettings) -> WebhookTarget | None:
    if settings.alert_webhook_url is None:
        return None
    secret = settings.alert_webhook_secret
    return WebhookTarget.parse(
        settings.alert_webhook_url.get_secret_value(),
        None if secret is None else secret.get_secret_value(),
        allow_http=settings.alert_webhook_allow_http,
        allow_private=settings.alert_webhook_allow_private,
    )


def _mail(settings: AppSettings) -> tuple[MailServer, Envelope] | None:
    if settings.smtp_host is None or settings.alert_email_from is None or not settings.alert_email_to:
        return None
    password = settings.smtp_password
    server = MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port or DEFAULT_PORTS[settings.smtp_security],
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=None if password is None else password.get_secret_value(),
    )
    return server, Envelope(settings.alert_email_from, settings.alert_email_to)
