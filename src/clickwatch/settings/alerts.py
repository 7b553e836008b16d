"""The settings of the alerts: when a window alerts, and the ways to people."""

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings

from clickwatch.domain.window import DAY, HOUR
from clickwatch.settings.kinds import Names, Place, Seconds

HANDLERS = ("console", "file")
_HIGHEST_COUNT = 10**12


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
        description="The ways out for alert messages: console, file; empty for none.",
    )
    alert_file: Place | None = Field(
        default=None, description="Where the file handler writes; by default alerts.jsonl in the home."
    )

    @model_validator(mode="after")
    def _ways_out(self) -> "AlertSettings":
        unknown = [name for name in self.alert_handlers if name not in HANDLERS]
        if unknown:
            raise ValueError(f"ALERT_HANDLERS has {', '.join(unknown)}; known are {', '.join(HANDLERS)}")
        return self
