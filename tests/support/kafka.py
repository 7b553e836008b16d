"""Clients of a Kafka broker for tests: topics, records and faults that clickwatch itself would not make."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry  # type: ignore[attr-defined]  # public, and not marked so

from clickwatch.eventlog.kafka.client import (
    AdminClient,
    ConfigResource,
    KafkaException,
    NewTopic,
    ResourceType,
    TopicCollection,
    TopicPartition,
)
from clickwatch.eventlog.kafka.config import KafkaConfig
from clickwatch.eventlog.kafka.log import KafkaLog
from clickwatch.wiring.log_kinds import LogKind
from dev.broker import Broker
from tests.support.event_logs import DAY, topic_of
from tests.support.installations import Installation

_ANSWERS_WITHIN = 30.0
LOG_APPEND_TIME = {"message.timestamp.type": "LogAppendTime"}


def shop_on(broker: Broker, folder: Path, **settings: str) -> Installation:
    """An installation whose log is a topic of its own on that broker."""
    named = {"KAFKA_BOOTSTRAP_SERVERS": broker.servers(), "KAFKA_CLICKSTREAM_TOPIC": topic_of(folder)}
    return Installation(folder, {**named, "ALERT_HANDLERS": "", **settings}, LogKind.KAFKA)


@contextmanager
def running_broker(folder: Path) -> Iterator[Broker]:
    """A broker for one test, which may stop and kill it."""
    folder.mkdir()
    broker = Broker(folder)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


def make_topic(servers: str, topic: str, partitions: int = 1, config: Mapping[str, str] = LOG_APPEND_TIME) -> None:
    """Make a topic with exactly this configuration."""
    wanted = NewTopic(topic, num_partitions=partitions, config=dict(config))
    admin = AdminClient({"bootstrap.servers": servers})
    admin.create_topics([wanted])[topic].result(_ANSWERS_WITHIN)


def settings_of(servers: str, topic: str) -> dict[str, str]:
    """A topic's settings as the broker has them."""
    admin, asked = AdminClient({"bootstrap.servers": servers}), ConfigResource(ResourceType.TOPIC, topic)
    return {name: entry.value for name, entry in admin.describe_configs([asked])[asked].result(_ANSWERS_WITHIN).items()}


def set_topic(servers: str, topic: str, name: str, value: str) -> None:
    """Change a setting of a topic, and return when the broker has it."""
    entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": servers})
    admin.incremental_alter_configs([resource])[resource].result(_ANSWERS_WITHIN)
    while settings_of(servers, topic)[name] != value:
        time.sleep(0.05)


def remove_topic(servers: str, topic: str) -> None:
    """Remove a topic, and return when the broker no longer knows it."""
    admin = AdminClient({"bootstrap.servers": servers})
    admin.delete_topics([topic])[topic].result(_ANSWERS_WITHIN)
    while True:
        try:
            admin.describe_topics(TopicCollection([topic]))[topic].result(_ANSWERS_WITHIN)
        except KafkaException:
            return


def remove_records(servers: str, topic: str, partition: int, before: int) -> None:
    """Remove the records before an offset, as retention does."""
    place = TopicPartition(topic, partition, before)
    admin = AdminClient({"bootstrap.servers": servers})
    admin.delete_records([place])[place].result(_ANSWERS_WITHIN)


def put(servers: str, topic: str, records: Iterable[bytes | None], partition: int = 0) -> None:
    """Put records onto a partition as a foreign producer would: None has no value at all."""
    producer = Producer({"bootstrap.servers": servers, "message.max.bytes": 20_000_000})
    for record in records:
        producer.produce(topic, value=record, partition=partition)
    assert producer.flush(30) == 0


def put_in_transaction(servers: str, topic: str, records: Iterable[bytes], *, kept: bool, partition: int = 0) -> None:
    """Put records onto a partition in a transaction, which is committed or aborted; its mark stands behind them."""
    producer = Producer({"bootstrap.servers": servers, "transactional.id": topic})
    producer.init_transactions(_ANSWERS_WITHIN)
    producer.begin_transaction()
    for record in records:
        producer.produce(topic, value=record, partition=partition)
    assert producer.flush(_ANSWERS_WITHIN) == 0
    (producer.commit_transaction if kept else producer.abort_transaction)(_ANSWERS_WITHIN)


def records_on(installation: Installation) -> int:
    """How many records the topic has, of which none was removed."""
    log = installation.log()
    count = sum(log.end_offset(p) - log.start_offset(p) for p in range(log.partitions))
    log.close()
    return count


def documents_on(servers: str, topic: str) -> list[list[dict[str, Any]]]:
    """The records of a topic that are JSON objects, by partition, in their order."""
    log = KafkaLog(KafkaConfig(servers, topic, 3, DAY, 10_000_000))
    found: list[list[dict[str, Any]]] = []
    for partition in range(log.partitions):
        offset, documents = 0, []
        while offset < log.end_offset(partition):
            block = log.read(partition, offset, 1 << 20)
            lines = [bytes(block.data[start:end]) for start, end in zip(block.starts, block.ends, strict=True)]
            documents += [json.loads(line) for line in lines]
            offset = block.next_offset
        found.append(documents)
    log.close()
    return found
