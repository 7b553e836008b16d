"""The Kafka client library: imported here and nowhere else, so that one place says what to do where it is missing."""

from clickwatch.errors import MissingExtra

try:
    from confluent_kafka import (
        TIMESTAMP_LOG_APPEND_TIME,
        Consumer,
        KafkaError,
        KafkaException,
        Message,
        Producer,
        TopicCollection,
        TopicPartition,
    )
    from confluent_kafka.admin import (  # type: ignore[attr-defined]  # public, and not marked so in the library's types
        AdminClient,
        ConfigResource,
        NewTopic,
        ResourceType,
    )
except ImportError as error:
    raise MissingExtra(
        f"Kafka needs a library that is not here ({error})", "Install it: pip install 'clickwatch[kafka]'"
    ) from error

__all__ = [
    "TIMESTAMP_LOG_APPEND_TIME",
    "AdminClient",
    "ConfigResource",
    "Consumer",
    "KafkaError",
    "KafkaException",
    "Message",
    "NewTopic",
    "Producer",
    "ResourceType",
    "TopicCollection",
    "TopicPartition",
]
