"""A log on Kafka, from the settings."""

from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from clickwatch.eventlog.port import EventLog
from clickwatch.settings import AppSettings
from clickwatch.wiring.own_log import speak_on_standard_error


def open_kafka_log(settings: AppSettings, create: bool, stopping: Callable[[], bool]) -> EventLog:
    """The topic that the settings name, made if it is not there and `create` says so.

    Brokers that do not answer are waited for until `stopping`, with words on standard error. Raises LogError, and
    MissingExtra if the extra `kafka` is not installed.
    """
    # Here, because the rest works without the library that these need.
    from clickwatch.eventlog.kafka.config import KafkaConfig
    from clickwatch.eventlog.kafka.log import KafkaLog

    speak_on_standard_error(settings)
    config = KafkaConfig(
        servers=settings.kafka_bootstrap_servers,
        topic=settings.kafka_clickstream_topic,
        partitions=settings.kafka_partitions,
        retention=settings.retention_days,
        patience=settings.kafka_timeout,
        security=kafka_security(settings),
    )
    return KafkaLog(config, create=create, stopping=stopping)


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
