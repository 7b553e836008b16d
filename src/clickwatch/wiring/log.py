"""The event log that the settings name."""

import time
from collections.abc import Callable

from clickwatch.eventlog.local import LocalLog, LocalLogConfig
from clickwatch.settings import AppSettings
from clickwatch.wiring.home import open_home


def wall_clock() -> int:
    """Now, in µs since the Unix epoch, UTC."""
    return time.time_ns() // 1000


def open_log(settings: AppSettings, clock: Callable[[], int] = wall_clock) -> LocalLog:
    """The local log of the home, made if it is not there. Raises StorageError, LogError."""
    return LocalLog(local_log_config(settings), clock)


def local_log_config(settings: AppSettings) -> LocalLogConfig:
    """Where the home's local log is, and how it is kept. Raises StorageError if there can be no home."""
    return LocalLogConfig(
        folder=open_home(settings).log / settings.kafka_clickstream_topic,
        partitions=settings.log_partitions,
        segment_bytes=settings.log_segment_bytes,
        retention=settings.retention_days,
    )
