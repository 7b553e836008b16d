"""Which log a command works on: the home's own, or Kafka's; a home stays with the one that it was begun with."""

import threading
from collections.abc import Callable
from contextlib import closing
from enum import StrEnum

from clickwatch.errors import NothingStreamed
from clickwatch.eventlog.port import EventLog
from clickwatch.settings import AppSettings
from clickwatch.store import epochs
from clickwatch.store.waiting import Patience
from clickwatch.wiring.fingerprint import another_log, log_of
from clickwatch.wiring.kafka import open_kafka_log
from clickwatch.wiring.log import open_log
from clickwatch.wiring.stores import AT_WORK, as_long_as, store_of_home


class LogKind(StrEnum):
    """Where a log is kept."""

    LOG = "log"
    KAFKA = "kafka"


def log_for_writing(settings: AppSettings, kind: LogKind, stopping: Callable[[], bool]) -> EventLog:
    """The log of that kind, made if it is not there. Raises what `open_log` and `open_kafka_log` do."""
    return open_kafka_log(settings, True, stopping) if kind is LogKind.KAFKA else open_log(settings)


def log_for_streaming(settings: AppSettings, kind: LogKind, stop: threading.Event) -> EventLog:
    """The log of that kind; a topic that the home has read of must be there. `stop` ends all waiting.

    Raises as above, and LogError at once if the home was begun with a log of the other kind: nothing is made or waited
    for then.
    """
    recorded = _recorded(settings, as_long_as(stop))
    if recorded is not None and bool(log_of(recorded)) != (kind is LogKind.KAFKA):
        topic = f"the topic {settings.kafka_clickstream_topic} of Kafka"
        raise another_log(log_of(recorded), topic if kind is LogKind.KAFKA else "")
    if kind is LogKind.KAFKA:
        return open_kafka_log(settings, recorded is None, stop.is_set)
    return open_log(settings)


def log_of_home(
    settings: AppSettings, stopping: Callable[[], bool] = lambda: False, patience: int | None = None
) -> EventLog:
    """The log that the home was begun with; its own if nothing has been streamed yet.

    Kafka is waited for until `stopping`, and for `patience` µs at most (None: as the settings say). Raises as above.
    """
    if is_on_kafka(settings):
        return open_kafka_log(settings, False, stopping, patience)
    return open_log(settings)


def is_on_kafka(settings: AppSettings) -> bool:
    """Whether the home was begun with a topic of Kafka, which then removes what is old by itself."""
    return bool(log_of(_recorded(settings, AT_WORK)))


def _recorded(settings: AppSettings, patience: Patience) -> str | None:
    """The fingerprint of the home's last epoch; None if nothing has been streamed yet."""
    try:
        with closing(store_of_home(settings, upgrade=True, patience=patience)) as store:
            return store.look(epochs.fingerprint)
    except NothingStreamed:
        return None
