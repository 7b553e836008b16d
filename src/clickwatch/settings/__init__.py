"""The one reader of the environment: `AppSettings`, from environment variables or a `.env` file.

Comes in: text. Goes out: one frozen value with every setting checked; durations are µs. Only the commands and
the wiring read it; all other rooms get what they need as plain values. `alerts.py` and `kafka.py` have those of the
alerts and of the connection to Kafka, `kinds.py` the kinds of values.
"""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import platformdirs
from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from clickwatch.domain.window import DAY, HOUR, MINUTE, SECOND
from clickwatch.errors import SettingsError
from clickwatch.settings.alerts import AlertSettings
from clickwatch.settings.kafka import KafkaSettings
from clickwatch.settings.kinds import Days, Minutes, Names, Place, Seconds, Topic
from clickwatch.store.postgres.address import check_address

_LONGEST = 366 * DAY
_MOST_WINDOWS = 1440


def _of_postgresql(address: SecretStr) -> SecretStr:
    check_address(address.get_secret_value())
    return address


class AppSettings(AlertSettings, KafkaSettings):
    """Every setting of clickwatch. Names are those of the environment, in lower case here."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True)

    clickwatch_home: Place = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("clickwatch", appauthor=False)),
        description="Where this installation keeps its log, archive and store.",
    )
    pseudonym_key: SecretStr | None = Field(
        default=None,
        description="The key for user pseudonyms, 64 hex digits; takes the place of the key file.",
    )
    pseudonym_key_file: Place = Field(
        default_factory=lambda: Path(platformdirs.user_config_dir("clickwatch", appauthor=False)) / "keys",
        description="The key file, or the folder where each home's key is made at first start. Never inside the home.",
    )
    database_url: Annotated[SecretStr, AfterValidator(_of_postgresql)] | None = Field(
        default=None,
        description="The store's PostgreSQL database; by default it is a file in the home (a secret: never shown).",
    )
    kafka_bootstrap_servers: str = Field(
        default="localhost:9092", min_length=1, description="Kafka brokers (not used by the local log)."
    )
    kafka_clickstream_topic: Topic = Field(
        default="clickstream_events",
        pattern=r"^[A-Za-z0-9._-]{1,249}$",
        description="The name of the event log's topic.",
    )
    quarantine_kafka_topic: Topic = Field(
        default="",
        pattern=r"^[A-Za-z0-9._-]{0,249}$",
        description="Refused records also go to this topic of Kafka, such as clickstream_events.quarantine.",
    )
    log_partitions: int = Field(default=1, ge=1, le=256, description="Partitions of a new local log.")
    log_segment_bytes: int = Field(
        default=256 * 1024 * 1024,
        ge=1024,
        description="A local log's segment file is closed at this size, or a day after its first record.",
    )
    retention_days: Days = Field(
        default=30 * DAY,
        ge=DAY,
        description="Data is kept this long after its day, or, if older, after its intake (a bare number is days).",
    )
    spark_window_duration: Minutes = Field(
        default=10 * MINUTE, gt=0, le=_LONGEST, description="Length of a window (a bare number is minutes)."
    )
    spark_slide_duration: Minutes = Field(
        default=5 * MINUTE, gt=0, le=_LONGEST, description="How far apart windows start (a bare number is minutes)."
    )
    spark_watermark_delay: Seconds = Field(
        default=2 * MINUTE, ge=0, le=_LONGEST, description="How long a window waits for events that come out of order."
    )
    intake_max_future: Seconds = Field(
        default=5 * MINUTE,
        ge=0,
        le=_LONGEST,
        description="An event further than this ahead of its log time is refused.",
    )
    dedup_memory: int = Field(
        default=512,
        ge=1,
        description="MiB for the ids of the de-duplication horizon; beyond it they go to disk.",
    )
    idle_after: Seconds = Field(
        default=30 * SECOND,
        gt=0,
        le=_LONGEST,
        description="A partition read to its end for this long no longer holds windows open.",
    )
    epoch_max_bytes: int = Field(
        default=16 * 1024 * 1024, ge=1024, description="Bytes of the log that one epoch takes at most."
    )
    judging_processes: int | None = Field(
        default=None,
        ge=0,
        le=64,
        description="Processes that help to judge while the stream catches up; by default one per core, at most 4.",
    )
    epoch_interval: Seconds = Field(
        default=SECOND // 5,
        gt=0,
        le=HOUR,
        description="The shortest time from one epoch's start to the next while waiting for events.",
    )
    archive_max_rows: int = Field(default=500_000, ge=1, description="The archive is written after this many events.")
    archive_max_delay: Seconds = Field(
        default=5 * MINUTE, gt=0, le=_LONGEST, description="The archive is written after this time, if not before."
    )
    batch_memory: int = Field(
        default=512, ge=64, description="MiB that computing a day's figures may take; beyond it they go to disk."
    )
    batch_engine: str = Field(
        default="embedded",
        pattern=r"^(embedded|spark)$",
        description="What computes a day's figures: embedded, or spark.",
    )
    spark_master: str = Field(
        default="local[*]",
        min_length=1,
        description="Where the Spark engine works: this machine's cores, or a cluster (`spark://host:7077`).",
    )
    spark_epoch_max_bytes: int = Field(
        default=64 * 1024 * 1024, ge=1024, description="Bytes of the log that one epoch takes at most, on Spark."
    )
    spark_epoch_interval: Seconds = Field(
        default=3 * SECOND,
        gt=0,
        le=HOUR,
        description="The shortest time from one epoch's start to the next, on Spark: each costs it about a second.",
    )
    producer_events_per_second: float = Field(
        default=10.0,
        gt=0,
        le=1_000_000,
        allow_inf_nan=False,
        description="The pace of the synthetic shoppers, in events per second.",
    )
    producer_high_interest_product_ids: Names = Field(
        default=("PROD_001", "PROD_002", "PROD_003"),
        description="Products that are looked at a lot and hardly bought.",
    )
    log_level: str = Field(
        default="warning",
        pattern=r"^(?i:debug|info|warning|error)$",
        description="What clickwatch says of itself, on standard error.",
    )

    @field_validator("database_url", mode="before")
    @classmethod
    def _none_if_empty(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @model_validator(mode="after")
    def _agree(self) -> "AppSettings":
        if self.quarantine_kafka_topic in (self.kafka_clickstream_topic, self.alert_kafka_topic):
            raise ValueError("QUARANTINE_KAFKA_TOPIC must be a topic of its own: it names that of the events or alerts")
        if self.spark_slide_duration > self.spark_window_duration:
            raise ValueError(
                "SPARK_SLIDE_DURATION must not be longer than SPARK_WINDOW_DURATION, or events fall between windows"
            )
        if self.spark_window_duration > _MOST_WINDOWS * self.spark_slide_duration:
            raise ValueError(
                f"SPARK_SLIDE_DURATION is too short for SPARK_WINDOW_DURATION: "
                f"an event would count in more than {_MOST_WINDOWS:,} windows"
            )
        return self


def load_settings(**values: Any) -> AppSettings:
    """Read the settings; `values` override the environment. Raises SettingsError with one line per problem."""
    try:
        return AppSettings(**values)
    except ValidationError as error:
        problems = "; ".join(_problem(e["loc"], e["msg"]) for e in error.errors(include_input=False, include_url=False))
        raise SettingsError(problems, "Correct it in the environment or in .env") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The settings file .env cannot be read ({error})", "Make it readable UTF-8 text"
        ) from error


def _problem(location: tuple[int | str, ...], message: str) -> str:
    name = str(location[0]).upper() if location else ""
    text = message.removeprefix("Value error, ")
    return f"{name}: {text}" if name else text


@lru_cache(maxsize=1)
def current_settings() -> AppSettings:
    """The settings of this process, read once."""
    return load_settings()
