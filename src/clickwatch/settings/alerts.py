"""The settings of the alerts: when a window alerts, and the ways to people with what each of them needs."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from clickwatch.domain.window import DAY, HOUR
from clickwatch.settings.kinds import Filled, Names, Place, Seconds
from clickwatch.speed.alerts.handlers.webhook_target import LEAST_SECRET, WebhookTarget

HANDLERS = ("console", "file", "webhook")
_NEEDS = {"webhook": ("alert_webhook_url",)}
_HIGHEST_COUNT = 10**12


def _fit_to_sign(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("it is not UTF-8 text; `openssl rand -hex 32` makes a good one")
    if len(text) < LEAST_SECRET:
        raise ValueError(f"it has fewer than {LEAST_SECRET} characters; `openssl rand -hex 32` makes a good one")
    return secret


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
        description="The ways out for alert messages: console, file, webhook; empty for none.",
    )
    alert_file: Place | None = Field(
        default=None, description="Where the file handler writes; by default alerts.jsonl in the home."
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

    @model_validator(mode="after")
    def _ways_out(self) -> "AlertSettings":
        problems = [*self._wrong_handlers(), *self._wrong_webhook()]
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
