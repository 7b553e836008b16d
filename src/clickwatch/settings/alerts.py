"""The settings of the alerts: when a window alerts, and the ways to people with what each of them needs."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from clickwatch.domain.window import DAY, HOUR
from clickwatch.settings.kinds import Filled, Names, Place, Seconds, Topic
from clickwatch.speed.alerts.handlers.mail_server import (
    DEFAULT_PORTS,
    MailSecurity,
    check_mail_address,
    check_mail_host,
)
from clickwatch.speed.alerts.handlers.public_address import is_loopback
from clickwatch.speed.alerts.handlers.webhook_target import LEAST_SECRET, WebhookTarget

HANDLERS = ("console", "file", "webhook", "email", "kafka")
_NEEDS = {"webhook": ("alert_webhook_url",), "email": ("smtp_host", "alert_email_from", "alert_email_to")}
_HIGHEST_COUNT = 10**12


def _fit_to_sign(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("it is not UTF-8 text; `openssl rand -hex 32` makes a good one")
    if len(text) < LEAST_SECRET:
        raise ValueError(f"it has fewer than {LEAST_SECRET} characters; `openssl rand -hex 32` makes a good one")
    return secret


def _plain_ascii(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not (text.isascii() and text.isprintable()):
        raise ValueError("it may hold printable ASCII characters only: mail servers agree on no others")
    return secret


def _in_small_letters(word: object) -> object:
    return word.lower() if isinstance(word, str) else word


def _each_an_address(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(check_mail_address, addresses)))


class AlertSettings(BaseSettings):
    """The part of AppSettings that is about alerts."""

    alert_min_views_threshold: int = Field(
        default=100, ge=0, le=_HIGHEST_COUNT, description="flash_sale: a window alerts with more views than this."
    )
    alert_max_purchases_threshold: int = Field(
        default=5, ge=0, le=_HIGHEST_COUNT, description="flash_sale: and with fewer purchases than this."
    )
    alert_max_age: Seconds = Field(
        default=HOUR,
        ge=0,
        le=100 * 366 * DAY,
        description="Windows that ended longer ago are recorded and not sent to anybody.",
    )
    alert_handlers: Names = Field(
        default=("console", "file"),
        description="The ways out for alert messages: console, file, webhook, email, kafka; empty for none.",
    )
    alert_file: Place | None = Field(
        default=None, description="Where the file handler writes; by default alerts.jsonl in the home."
    )
    alert_kafka_topic: Topic = Field(
        default="clickstream_alerts",
        pattern=r"^[A-Za-z0-9._-]{1,249}$",
        description="kafka: the topic that messages are put on, made if it is not there.",
    )
    alert_webhook_url: Annotated[SecretStr, Filled] | None = Field(
        default=None,
        description="webhook: where messages are posted in Slack's form, https://… (a secret: never shown).",
    )
    alert_webhook_secret: Annotated[SecretStr, Filled, AfterValidator(_fit_to_sign)] | None = Field(
        default=None,
        description=f"webhook: signs messages with this secret of {LEAST_SECRET} characters or more; else unsigned.",
    )
    alert_webhook_allow_http: bool = Field(
        default=False, description="webhook: an address that begins with http:// is fine."
    )
    alert_webhook_allow_private: bool = Field(
        default=False, description="webhook: an address in a network of one's own, or on this machine, is fine."
    )
    alert_email_to: Annotated[Names, AfterValidator(_each_an_address)] = Field(
        default=(), description="email: who gets the messages, addresses such as ann@example.com."
    )
    alert_email_from: Annotated[str, Filled, AfterValidator(check_mail_address)] | None = Field(
        default=None, description="email: the address that messages come from."
    )
    smtp_host: Annotated[str, Filled, AfterValidator(check_mail_host)] | None = Field(
        default=None, description="email: the mail server that takes the messages."
    )
    smtp_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="email: its port; by default "
        + ", ".join(f"{port} for {security}" for security, port in DEFAULT_PORTS.items())
        + ".",
    )
    smtp_security: Annotated[MailSecurity, BeforeValidator(_in_small_letters)] = Field(
        default=MailSecurity.STARTTLS,
        description="email: how the connection is encrypted; none only in a network of one's own.",
    )
    smtp_user: Annotated[str, Filled] | None = Field(
        default=None,
        pattern=r"^[ -~]*$",
        description="email: the user to log in as; without it, no login.",
    )
    smtp_password: Annotated[SecretStr, Filled, AfterValidator(_plain_ascii)] | None = Field(
        default=None, description="email: that user's password."
    )

    @model_validator(mode="after")
    def _ways_out(self) -> "AlertSettings":
        problems = [*self._wrong_handlers(), *self._wrong_webhook(), *self._wrong_login()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _wrong_handlers(self) -> list[str]:
        unknown = [name for name in self.alert_handlers if name not in HANDLERS]
        problems = [f"ALERT_HANDLERS has {', '.join(unknown)}; known are {', '.join(HANDLERS)}"] if unknown else []
        for name in self.alert_handlers:
            missing = [need.upper() for need in _NEEDS.get(name, ()) if not getattr(self, need)]
            if missing:
                problems.append(f"ALERT_HANDLERS has {name}, which needs {' and '.join(missing)}")
        return problems

    def _wrong_webhook(self) -> list[str]:
        if self.alert_webhook_url is None:
            return []
        try:
            WebhookTarget.parse(
                self.alert_webhook_url.get_secret_value(),
                allow_http=self.alert_webhook_allow_http,
                allow_private=self.alert_webhook_allow_private,
            )
        except ValueError as error:
            return [f"ALERT_WEBHOOK_URL: {error}"]
        return []

    def _wrong_login(self) -> list[str]:
        if (self.smtp_user is None) != (self.smtp_password is None):
            return ["SMTP_USER and SMTP_PASSWORD go together: set both, or neither"]
        unsafe = self.smtp_security is MailSecurity.NONE and not is_loopback(self.smtp_host or "")
        if self.smtp_user is not None and unsafe:
            return ["SMTP_SECURITY is none: others could read the password on its way; use starttls or tls"]
        return []
