"""A log on Kafka, from the settings."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from clickwatch.domain.window import SECOND
from clickwatch.eventlog.kafka.config import KafkaConfig
from clickwatch.eventlog.port import EventLog
from clickwatch.settings import AppSettings
from clickwatch.wiring.own_log import speak_on_standard_error

_SIDE_PATIENCE = 10 * SECOND


def open_kafka_log(
    settings: AppSettings, create: bool, stopping: Callable[[], bool], patience: int | None = None
) -> EventLog:
    """The topic that the settings name, made if it is not there and `create` says so.

    Brokers that do not answer are waited for until `stopping`, and for `patience` µs at most (None: KAFKA_TIMEOUT),
    with words on standard error. Raises LogError, and MissingExtra if the extra `kafka` is not installed.
    """
    # Here, because the rest works without the library that these need.
    from clickwatch.eventlog.kafka.log import KafkaLog

    speak_on_standard_error(settings)
    return KafkaLog(kafka_log_config(settings, patience), create=create, stopping=stopping)


def kafka_log_config(settings: AppSettings, patience: int | None = None) -> KafkaConfig:
    """The topic of the log, waited for as `open_kafka_log` says; with the passwords for it, and no other ones."""
    longest = settings.kafka_timeout if patience is None else min(patience, settings.kafka_timeout)
    return _topic(settings, settings.kafka_clickstream_topic, longest)


def alert_topic(settings: AppSettings) -> Callable[[], EventLog]:
    """Opens the topic for alert messages, as `_side_topic` says."""
    return _side_topic(settings, settings.alert_kafka_topic)


def quarantine_topic(settings: AppSettings) -> Callable[[], EventLog]:
    """Opens the topic for refused records, as `_side_topic` says."""
    return _side_topic(settings, settings.quarantine_kafka_topic)


def _side_topic(settings: AppSettings, name: str) -> Callable[[], EventLog]:
    """Opens a topic beside the log's, and makes it if it is not there; brokers are waited for shortly.

    Raises MissingExtra, now, if the extra `kafka` is not installed.
    """
    from clickwatch.eventlog.kafka.log import KafkaLog

    return partial(KafkaLog, _topic(settings, name, _SIDE_PATIENCE))


def _topic(settings: AppSettings, name: str, patience: int) -> KafkaConfig:
    return KafkaConfig(
        servers=settings.kafka_bootstrap_servers,
        topic=name,
        partitions=settings.kafka_partitions,
        retention=settings.retention_days,
        patience=patience,
        security=kafka_security(settings),
    )


def kafka_security(settings: AppSettings) -> dict[str, str]:
    """The client library's properties for TLS and SASL, as far as they are set."""
    properties = {
        "security.protocol": settings.kafka_security_protocol.upper(),
        "ssl.ca.location": settings.kafka_ssl_ca_location,
        "ssl.certificate.location": settings.kafka_ssl_certificate_location,
        "ssl.key.location": settings.kafka_ssl_key_location,
        "ssl.key.password": settings.kafka_ssl_key_password,
        "sasl.mechanism": settings.kafka_sasl_mechanism.upper(),
        "sasl.username": settings.kafka_sasl_username,
        "sasl.password": settings.kafka_sasl_password,
    }
    return {name: _plain(value) for name, value in properties.items() if value}


def _plain(value: str | Path | SecretStr) -> str:
    match value:
        case SecretStr():
            return value.get_secret_value()
        case Path():
            return str(value.expanduser())
        case _:
            return value
