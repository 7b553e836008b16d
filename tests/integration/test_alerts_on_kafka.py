"""Alert messages on a topic: one record each, whatever the brokers do; on a real broker."""

from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest

from clickwatch.domain.window import SECOND
from clickwatch.eventlog.kafka.config import KafkaConfig
from clickwatch.eventlog.kafka.log import KafkaLog
from clickwatch.eventlog.port import EventLog
from clickwatch.speed.alerts.handlers.kafka import KafkaHandler
from clickwatch.speed.alerts.handlers.port import DeliveryError
from dev.broker import Broker
from tests.support.alert_messages import HOSTILE, MESSAGE
from tests.support.commands import CommandServer
from tests.support.event_logs import topic_of
from tests.support.installations import Installation
from tests.support.kafka import documents_on, running_broker

PARTITIONS = 3


def opening(servers: str, topic: str, patience: int = 10 * SECOND) -> Callable[[], EventLog]:
    return lambda: KafkaLog(KafkaConfig(servers, topic, PARTITIONS, 86_400 * SECOND, patience))


def test_a_message_is_one_record_with_its_delivery_id(tmp_path: Path, broker: Broker) -> None:
    topic = topic_of(tmp_path)
    KafkaHandler(opening(broker.servers(), topic)).deliver(MESSAGE, "e:beginning:kafka")
    [record] = list(chain(*documents_on(broker.servers(), topic)))
    assert record == {"delivery_id": "e:beginning:kafka", **MESSAGE.fields()}


def test_what_is_said_of_a_product_stays_in_order(tmp_path: Path, broker: Broker) -> None:
    topic = topic_of(tmp_path)
    handler = KafkaHandler(opening(broker.servers(), topic))
    kinds = ("beginning", "end", "correction")
    products = [f"PROD_{number:03}" for number in range(12)]
    for kind in kinds:
        for product in products:
            handler.deliver(replace(MESSAGE, kind=kind, product_id=product), f"{product}:{kind}:kafka")
    partitions = documents_on(broker.servers(), topic)
    assert sum(map(bool, partitions)) > 1
    for product in products:
        said = [[each["kind"] for each in records if each["product_id"] == product] for records in partitions]
        assert [each for each in said if each] == [list(kinds)]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_product_is_plain_data(name: str, tmp_path: Path, broker: Broker) -> None:
    topic = topic_of(tmp_path)
    KafkaHandler(opening(broker.servers(), topic)).deliver(replace(MESSAGE, product_id=HOSTILE[name]), "x")
    [record] = list(chain(*documents_on(broker.servers(), topic)))
    assert record["product_id"] == HOSTILE[name]


def test_a_broker_that_is_away_is_told_and_the_message_goes_out_when_it_is_back(tmp_path: Path) -> None:
    topic = topic_of(tmp_path)
    with running_broker(tmp_path / "broker") as broker:
        handler = KafkaHandler(opening(broker.servers(), topic, patience=2 * SECOND))
        handler.deliver(MESSAGE, "first")
        broker.kill()
        with pytest.raises(DeliveryError, match="not acknowledged"):
            handler.deliver(MESSAGE, "second")
        broker.start()
        handler.deliver(MESSAGE, "second")
        ids = [each["delivery_id"] for each in list(chain(*documents_on(broker.servers(), topic)))]
    assert ids[0] == "first" and set(ids[1:]) == {"second"}


def test_a_broker_that_never_was_there_is_told_in_words(tmp_path: Path) -> None:
    handler = KafkaHandler(opening("127.0.0.1:9", topic_of(tmp_path), patience=SECOND))
    with pytest.raises(DeliveryError, match=r"Kafka at 127\.0\.0\.1:9 does not answer"):
        handler.deliver(MESSAGE, "x")


def test_the_test_message_arrives_by_the_command(tmp_path: Path, commands: CommandServer, broker: Broker) -> None:
    named = {"KAFKA_BOOTSTRAP_SERVERS": broker.servers(), "ALERT_KAFKA_TOPIC": topic_of(tmp_path)}
    shop = Installation(tmp_path / "home", {**named, "ALERT_HANDLERS": "kafka"})
    done = commands.run("alerts", "test", environment=shop.environment)
    assert done.exit_code == 0, done.errors
    assert f"the topic {topic_of(tmp_path)} at {broker.servers()}" in done.output
    [record] = list(chain(*documents_on(broker.servers(), topic_of(tmp_path))))
    assert record["kind"] == "test"
