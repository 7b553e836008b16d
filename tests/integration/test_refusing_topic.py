"""A topic for refused records that will not take some of them: the others go past, and none is sent for ever."""

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from structlog.testing import capture_logs

from clickwatch.domain.window import DAY, HOUR, MINUTE, SECOND
from clickwatch.errors import LogError
from clickwatch.repair.forwarding import QuarantineForwarder
from clickwatch.repair.held_back import MOST
from clickwatch.store import forwarding, schema
from clickwatch.store.database import Store
from dev.broker import Broker
from tests.support.day_homes import stream
from tests.support.event_logs import open_kafka, topic_of
from tests.support.fake_clock import FakeClock
from tests.support.installations import Installation
from tests.support.kafka import LOG_APPEND_TIME, documents_on, make_topic, set_topic
from tests.support.refused_homes import refused, refused_home

LIMIT = "20000"


def long(number: int) -> bytes:
    """A record that is longer than the topic takes, and stays so when it is compressed."""
    return refused(number, note=Random(number).randbytes(15_000).hex())


class Shop:
    """A home with refused records, some of them long, and who passes them on to a topic with a limit."""

    def __init__(self, broker: Broker, folder: Path, records: list[bytes]) -> None:
        self.servers, self.topic = broker.servers(), topic_of(folder)
        make_topic(self.servers, self.topic, config={**LOG_APPEND_TIME, "max.message.bytes": LIMIT})
        self.home: Installation = refused_home(folder / "home", records, LOG_LEVEL="INFO")
        self.store: Store = self.home.store()
        self.clock = FakeClock(400 * DAY)
        self.forwarder = self.started_anew()

    def started_anew(self) -> QuarantineForwarder:
        """The next stream's."""
        self.forwarder = QuarantineForwarder(self.store, lambda: open_kafka(self.servers, self.topic), self.clock)
        return self.forwarder

    def gets(self, *records: bytes) -> None:
        self.home.append({0: b"".join(records)})
        stream(self.home)

    def deliver(self) -> list[Any]:
        """What is said meanwhile of refused records."""
        with capture_logs() as said:
            self.forwarder.deliver_due()
        return [line for line in said if "place" in line]

    def offsets(self) -> list[int]:
        """Where the refused records stand."""
        return [row["offset"] for row in self.home.rows(schema.quarantine)]

    def position(self) -> int:
        with self.store.read() as connection:
            return forwarding.positions(connection)[0]

    def arrived(self) -> Counter[int]:
        """How often each record is on the topic, by its number in the quarantine."""
        [documents] = documents_on(self.servers, self.topic)
        numbers = {f"0:{offset}": number for number, offset in enumerate(self.offsets())}
        return Counter(numbers[document["place"]] for document in documents)

    def close(self) -> None:
        self.forwarder.close()
        self.store.close()


def test_records_that_are_refused_do_not_bring_the_others_again(broker: Broker, tmp_path: Path) -> None:
    records = [long(number) if number in (3, 17) else refused(number) for number in range(40)]
    shop = Shop(broker, tmp_path, records)
    others = Counter(set(range(40)) - {3, 17})
    said = shop.deliver()
    assert shop.arrived() == others
    assert shop.position() == shop.offsets()[3]
    assert [line["place"] for line in said] == [f"0:{shop.offsets()[number]}" for number in (3, 17)]
    assert all(line["log_level"] == "error" and "max.message.bytes" in line["cure"] for line in said)

    shop.gets(refused(40))
    assert shop.deliver() == [], "told once, and not tried again so soon"
    assert shop.arrived() == others + Counter([40])

    shop.clock.now += HOUR
    assert {line["log_level"] for line in shop.deliver()} == {"info"}

    set_topic(shop.servers, shop.topic, "max.message.bytes", "1000000")
    shop.clock.now += HOUR
    shop.deliver()
    assert shop.arrived() == Counter(range(41))
    assert shop.position() == shop.offsets()[40] + 1
    shop.close()


def test_the_tries_of_a_refused_record_become_rare(broker: Broker, tmp_path: Path) -> None:
    shop = Shop(broker, tmp_path, [long(1)])
    shop.deliver()
    tries = 0
    for _ in range(2 * HOUR // (10 * SECOND)):
        shop.clock.now += 10 * SECOND
        tries += len(shop.deliver())
    assert 20 < tries < 40, "every five minutes in the end"
    shop.close()


def test_after_a_restart_what_stood_behind_a_refused_record_comes_again_and_nothing_else(
    broker: Broker, tmp_path: Path
) -> None:
    shop = Shop(broker, tmp_path, [refused(0), long(1), refused(2)])
    shop.deliver()
    shop.forwarder.close()
    shop.started_anew()
    assert [line["log_level"] for line in shop.deliver()] == ["error"]
    assert shop.arrived() == Counter({0: 1, 2: 2})
    shop.close()


def test_a_topic_that_refuses_very_many_is_said_and_waited_for(broker: Broker, tmp_path: Path) -> None:
    shop = Shop(broker, tmp_path, [long(number) for number in range(MOST)])
    shop.deliver()
    shop.gets(refused(0))
    for _ in range(2):
        with pytest.raises(LogError, match=f"refuses {MOST} .*max.message.bytes"):
            shop.deliver()
    assert shop.arrived() == Counter()
    set_topic(shop.servers, shop.topic, "max.message.bytes", "1000000")
    shop.clock.now += 10 * MINUTE
    shop.deliver()
    assert shop.arrived() == Counter(range(MOST + 1))
    shop.close()


def test_a_refused_record_whose_time_is_over_is_not_sent_any_more(broker: Broker, tmp_path: Path) -> None:
    shop = Shop(broker, tmp_path, [long(0), refused(1)])
    shop.deliver()
    with shop.store.begin() as connection:
        connection.execute(schema.quarantine.delete().where(schema.quarantine.c.offset == 0))
    set_topic(shop.servers, shop.topic, "max.message.bytes", "1000000")
    shop.clock.now += HOUR
    shop.deliver()
    [documents] = documents_on(shop.servers, shop.topic)
    assert len(documents) == 1
    shop.close()
