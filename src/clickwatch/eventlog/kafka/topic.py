"""The topic itself: made as the log needs it, or looked at whether it will do."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog

from clickwatch.domain.window import DAY
from clickwatch.errors import LogError
from clickwatch.eventlog.kafka.brokers import Brokers
from clickwatch.eventlog.kafka.client import (
    AdminClient,
    ConfigResource,
    KafkaError,
    KafkaException,
    NewTopic,
    ResourceType,
    TopicCollection,
)
from clickwatch.eventlog.kafka.columns import producers_clock
from clickwatch.eventlog.kafka.config import KafkaConfig
from clickwatch.eventlog.port import MAX_RECORD_BYTES

BATCH_OVERHEAD = 64 * 1024
"""What a batch of one longest record may take beside it."""

_MILLISECOND = 1000
_NAP_SECONDS = 0.1
_FORBIDDEN = (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED)
_Answer = TypeVar("_Answer")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Topic:
    """A topic that is there. `identity` tells it from one of the same name that took its place."""

    name: str
    identity: str
    partitions: int


def open_topic(brokers: Brokers, config: KafkaConfig, create: bool) -> Topic:
    """The topic that `config` names; made if it is not there and `create` says so. Raises LogError."""
    admin = _Admin(brokers)
    topic = _described(admin, config.topic)
    if topic is None and not create:
        raise LogError(
            f"Kafka at {config.servers} has no topic {config.topic}",
            "Check KAFKA_BOOTSTRAP_SERVERS and KAFKA_CLICKSTREAM_TOPIC; what was read from a topic that is gone needs "
            "it back, or a new home (CLICKWATCH_HOME)",
        )
    if topic is None:
        _create(admin, config)
        waiting = brokers.waiting()
        while (topic := _described(admin, config.topic)) is None:
            waiting.missed()  # made, and not yet known to the broker that was asked
            time.sleep(_NAP_SECONDS)
    _check(admin, config.topic)
    return topic


class _Admin:
    """Asks the brokers what only an administrator's client can ask."""

    def __init__(self, brokers: Brokers) -> None:
        self._brokers = brokers
        self._client = AdminClient(brokers.client_config())

    def ask(self, call: Callable[[AdminClient, float], _Answer]) -> _Answer:
        """What `call` answers with the client, within so many seconds. Raises LogError."""

        def attempt(timeout: float) -> _Answer:
            try:
                return call(self._client, timeout)
            finally:
                self._client.poll(0)  # this client tells why it has no connection only when it is asked

        return self._brokers.ask(attempt)


def _described(admin: _Admin, name: str) -> Topic | None:
    def call(client: AdminClient, timeout: float) -> Topic | None:
        try:
            found = client.describe_topics(TopicCollection([name]), request_timeout=timeout)[name].result()
        except KafkaException as failure:
            if failure.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                return None
            raise
        return Topic(name, f"topic {name} of Kafka, id {found.topic_id}", len(found.partitions))

    return admin.ask(call)


def _create(admin: _Admin, config: KafkaConfig) -> None:
    """Make the topic; that another process is first is as good."""
    properties = {
        "cleanup.policy": "delete",
        "max.message.bytes": str(MAX_RECORD_BYTES + BATCH_OVERHEAD),
        "message.timestamp.type": "LogAppendTime",
        "retention.ms": str(config.retention // _MILLISECOND),
        # The broker removes closed segments only: so a quiet shop's records do not outlive their time in an open one.
        "segment.ms": str(DAY // _MILLISECOND),
    }
    wanted = NewTopic(config.topic, num_partitions=config.partitions, config=properties)

    def call(client: AdminClient, timeout: float) -> None:
        try:
            client.create_topics([wanted], request_timeout=timeout)[config.topic].result()
        except KafkaException as failure:
            if failure.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise

    admin.ask(call)


def _check(admin: _Admin, name: str) -> None:
    """Raise LogError if the topic is set up so that the log would not keep its promises."""
    resource = ConfigResource(ResourceType.TOPIC, name)

    def call(client: AdminClient, timeout: float) -> dict[str, str]:
        try:
            entries = client.describe_configs([resource], request_timeout=timeout)[resource].result()
        except KafkaException as failure:
            if failure.args[0].code() not in _FORBIDDEN:
                raise
            _log.warning("the topic's settings may not be looked at; going on", topic=name)
            return {}
        return {entry.name: entry.value for entry in entries.values()}

    settings = admin.ask(call)
    if settings.get("message.timestamp.type", "LogAppendTime") != "LogAppendTime":
        raise producers_clock(name)
    if "compact" in settings.get("cleanup.policy", ""):
        problem = f"The topic {name} is compacted: of all events of a user Kafka would keep the last one"
        raise LogError(problem, "Give it cleanup.policy=delete")
