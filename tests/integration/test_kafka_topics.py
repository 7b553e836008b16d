"""Topics as others have made them, and what else Kafka does that files do not."""

import json
import time
from pathlib import Path
from random import Random

import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition

from clickwatch.errors import LogError, NotDelivered, RecordsRefused
from clickwatch.eventlog.partitioner import partition_of
from clickwatch.wiring.log import wall_clock
from dev.broker import Broker
from tests.support.commands import CommandServer
from tests.support.event_logs import lines, open_kafka, placed_records, records, topic_of
from tests.support.kafka import (
    make_topic,
    put,
    put_in_transaction,
    running_broker,
    set_topic,
    settings_of,
    shop_on,
)
from tests.support.refused_homes import edited, refused


def read_by(servers: str, topic: str, partitions: int) -> list[Message]:
    """All messages of a topic, as any other client gets them."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "other", "enable.partition.eof": True})
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(partitions)])
    found: list[Message] = []
    ends = 0
    while ends < partitions:
        for message in consumer.consume(1000, 1.0):
            if message.error() is None:
                found.append(message)
            else:
                ends += 1
    consumer.close()
    return found


def test_log_times_are_the_brokers_own(tmp_path: Path, broker: Broker) -> None:
    log = open_kafka(broker.servers(), topic_of(tmp_path))
    before = wall_clock()
    log.append(0, lines(b"a", b"b"))
    time.sleep(0.05)
    log.append(0, lines(b"c"))
    after = wall_clock()
    times = log.read(0, 0, 1 << 20).log_times.tolist()
    log.close()
    assert before // 1000 * 1000 <= times[0] <= times[1] < times[2] <= after


def test_a_new_topic_is_made_for_the_log(tmp_path: Path, commands: CommandServer, broker: Broker) -> None:
    shop = shop_on(broker, tmp_path / "shop", RETENTION_DAYS="7")
    topic = shop.settings["KAFKA_CLICKSTREAM_TOPIC"]
    day = ("produce", "--to", "kafka", "--profile", "day", "--events", "3000")
    assert commands.run(*day, environment=shop.environment).exit_code == 0
    log = shop.log()
    assert log.partitions == 3
    assert all(log.end_offset(partition) > 500 for partition in range(3))
    log.close()
    made = settings_of(broker.servers(), topic)
    assert made["message.timestamp.type"] == "LogAppendTime"
    assert made["retention.ms"] == str(7 * 86_400_000)
    assert made["cleanup.policy"] == "delete"


def test_a_users_events_carry_the_user_as_key_and_meet_where_kafkas_own_clients_put_them(
    tmp_path: Path, commands: CommandServer, broker: Broker
) -> None:
    shop = shop_on(broker, tmp_path / "shop")
    topic = shop.settings["KAFKA_CLICKSTREAM_TOPIC"]
    Path("clicks.ndjson").write_bytes(b'{"no":"key"}\n' + b"".join(b'{"user_id":"user %d"}\n' % n for n in range(200)))
    assert commands.run("replay", "clicks.ndjson", "--to", "kafka", environment=shop.environment).exit_code == 0
    ours = read_by(broker.servers(), topic, 3)
    assert len(ours) == 201
    keyed = {message.key(): message.partition() for message in ours if message.key() is not None}
    assert set(keyed) == {b"user %d" % n for n in range(200)}
    assert all(b'"%s"' % message.key() in (message.value() or b"") for message in ours if message.key())

    theirs = f"{topic}-theirs"
    make_topic(broker.servers(), theirs, partitions=3)
    producer = Producer({"bootstrap.servers": broker.servers(), "partitioner": "murmur2_random"})
    for key in keyed:
        producer.produce(theirs, key=key, value=b"")
    assert producer.flush(30) == 0
    assert {message.key(): message.partition() for message in read_by(broker.servers(), theirs, 3)} == keyed
    assert {key: partition_of(key, 3) for key in keyed if key} == keyed


def test_a_topic_with_producers_times_is_refused(tmp_path: Path, broker: Broker) -> None:
    topic = topic_of(tmp_path)
    make_topic(broker.servers(), topic, config={"message.timestamp.type": "CreateTime"})
    with pytest.raises(LogError, match=r"takes its records' times from their producers.*LogAppendTime"):
        open_kafka(broker.servers(), topic)


def test_a_read_that_failed_is_not_gone_on_with_behind_what_it_failed_at(tmp_path: Path, broker: Broker) -> None:
    # offsets:  0 stamped by the log   1 stamped by its producer   2 by the log
    topic = topic_of(tmp_path)
    log = open_kafka(broker.servers(), topic)
    log.append(0, lines(b"a"))
    for stamped, record in (("CreateTime", b"b"), ("LogAppendTime", b"c")):
        set_topic(broker.servers(), topic, "message.timestamp.type", stamped)
        put(broker.servers(), topic, [record])
    for _ in range(2):
        with pytest.raises(LogError, match="times from their producers"):
            log.read(0, 1, 1000)
    log.close()


def test_a_compacted_topic_is_refused(tmp_path: Path, broker: Broker) -> None:
    topic = topic_of(tmp_path)
    make_topic(broker.servers(), topic, config={"cleanup.policy": "compact", "message.timestamp.type": "LogAppendTime"})
    with pytest.raises(LogError, match="is compacted"):
        open_kafka(broker.servers(), topic)


def test_a_record_above_the_topics_own_limit_is_reported_and_the_others_are_taken(
    tmp_path: Path, broker: Broker
) -> None:
    topic = topic_of(tmp_path)
    make_topic(broker.servers(), topic)
    log = open_kafka(broker.servers(), topic)
    log.append(0, lines(b"first"))
    noise = Random(1).randbytes(2_000_000).replace(b"\n", b"\r")
    same = b"x" * 1000
    with pytest.raises(RecordsRefused, match=r"1 of 4 records were not acknowledged.*max\.message\.bytes") as failed:
        log.append(0, lines(same, noise, same, b""))
    assert failed.value.missing == [1]
    log.append(0, lines(b"second"))
    assert records(log) == [b"first", same, same, b"", b"second"]
    log.close()


def test_what_was_not_sent_any_more_after_a_refusal_is_missing_too(tmp_path: Path, broker: Broker) -> None:
    # Records go out in groups of 4 MiB:  ┌ a  refused  b  c  d ┐ ┌ e ┐
    topic = topic_of(tmp_path)
    make_topic(broker.servers(), topic)
    log = open_kafka(broker.servers(), topic)
    random = Random(2)
    sizes = (10, 2_000_000, 10, 900_000, 900_000, 900_000)
    wanted = [random.randbytes(size).replace(b"\n", b"\r") for size in sizes]
    with pytest.raises(RecordsRefused, match="2 of 6 records") as failed:
        log.append(0, lines(*wanted), [b"key"] * 6)
    assert failed.value.missing == [1, 5]
    assert records(log) == [wanted[number] for number in (0, 2, 3, 4)]
    log.close()


def test_brokers_that_are_away_refuse_no_record(tmp_path: Path) -> None:
    with running_broker(tmp_path / "broker") as own:
        log = open_kafka(own.servers(), topic_of(tmp_path), patience=2_000_000)
        log.append(0, lines(b"first"))
        own.kill()
        with pytest.raises(NotDelivered) as failed:
            log.append(0, lines(b"a", b"b"))
        log.close()
    assert not isinstance(failed.value, RecordsRefused)
    assert failed.value.missing == [0, 1]


def test_marks_of_transactions_are_no_records_and_hold_nothing_up(tmp_path: Path, broker: Broker) -> None:
    topic = topic_of(tmp_path)
    log = open_kafka(broker.servers(), topic)
    for number, kept in enumerate((True, False, True)):
        put_in_transaction(broker.servers(), topic, [b"of transaction %d" % number], kept=kept)
    # offsets:  0 record  1 mark  2 aborted  3 mark  4 record  5 mark
    assert log.end_offset(0) == 6
    assert list(placed_records(log)) == [(0, b"of transaction 0"), (4, b"of transaction 2")]
    block = log.read(0, 5, 100)
    assert (len(block), block.next_offset) == (0, 6)
    block = log.read(0, 1, 100, until=4)
    assert (len(block), block.next_offset) == (0, 4), "the next record stands behind what was asked for"
    log.append(0, lines(b"plain"))
    assert list(placed_records(log))[2:] == [(6, b"plain")]
    log.close()


def test_records_of_others_with_line_ends_in_them_come_whole(tmp_path: Path, broker: Broker) -> None:
    topic = topic_of(tmp_path)
    log = open_kafka(broker.servers(), topic)
    put(broker.servers(), topic, [b"a\nb", b"\n", None, b"c"])
    assert records(log) == [b"a\nb", b"\n", b"", b"c"]
    log.close()


def test_a_day_is_run_from_a_home_on_kafka(tmp_path: Path, commands: CommandServer, broker: Broker) -> None:
    shop = shop_on(broker, tmp_path / "shop")
    day = ("--date", "2026-01-26")
    made = commands.run(
        "produce", "--to", "kafka", "--profile", "day", *day, "--events", "2000", environment=shop.environment
    )
    assert made.exit_code == 0, made.errors
    caught_up = commands.run("stream", "--from", "kafka", "--until-caught-up", environment=shop.environment)
    assert caught_up.exit_code == 0, caught_up.errors
    assert commands.run("batch", *day, environment=shop.environment).exit_code == 0
    compared = commands.run("reconcile", *day, environment=shop.environment)
    assert compared.exit_code == 0, compared.errors
    assert sum(row["accepted"] for row in shop.outcome().tables["accounting"]) == 2000
    assert not (shop.home.log / shop.settings["KAFKA_CLICKSTREAM_TOPIC"]).exists(), "no local log is made beside it"


def test_retention_leaves_a_topic_to_kafka_and_takes_the_rest(
    tmp_path: Path, commands: CommandServer, broker: Broker
) -> None:
    shop = shop_on(broker, tmp_path / "shop")
    shop.append({1: b"".join(refused(number) for number in range(6))})
    caught_up = commands.run("stream", "--from", "kafka", "--until-caught-up", environment=shop.environment)
    assert caught_up.exit_code == 0, caught_up.errors
    later = commands.start("31", module="tests.support.later_retention", environment=shop.environment).end()
    assert later.exit_code == 0, later.errors
    assert shop.outcome().tables["quarantine"] == []
    assert sum(map(len, shop.records().values())) == 6
    assert not (shop.home.log / shop.settings["KAFKA_CLICKSTREAM_TOPIC"]).exists(), "no local log is made beside it"


def test_refused_records_are_repaired_on_kafka_once_however_often_it_is_tried(
    tmp_path: Path, commands: CommandServer, broker: Broker
) -> None:
    shop = shop_on(broker, tmp_path / "shop")
    shop.append({1: b"".join(refused(number) for number in range(6))})
    caught_up = ("stream", "--from", "kafka", "--until-caught-up")
    assert commands.run(*caught_up, environment=shop.environment).exit_code == 0
    corrected = edited(shop, tmp_path / "corrected.jsonl")
    for _ in range(2):
        done = commands.run("quarantine", "replay", str(corrected), environment=shop.environment)
        assert done.exit_code == 0, done.errors
    assert commands.run(*caught_up, environment=shop.environment).exit_code == 0
    topic = shop.settings["KAFKA_CLICKSTREAM_TOPIC"]
    repaired = [(m.key(), m.value() or b"") for m in read_by(broker.servers(), topic, 3) if b"Z" in (m.value() or b"")]
    assert len(repaired) == 6
    assert [key for key, _ in repaired] == [json.loads(value)["user_id"].encode() for _, value in repaired]
    account = shop.outcome().tables["accounting"]
    assert sum(row["received"] for row in account) == 12
    assert sum(row["accepted"] for row in account) == 6
