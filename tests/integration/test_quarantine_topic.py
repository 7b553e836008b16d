"""Refused records on a topic of their own: all of them, whatever brokers and processes do; on a real broker."""

import base64
import json
import signal
import time
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from clickwatch.errors import LogError, SettingsError
from clickwatch.repair.forwarding import QuarantineForwarder
from clickwatch.settings import load_settings
from clickwatch.store import schema
from clickwatch.wiring.log import wall_clock
from dev.broker import Broker
from tests.support.commands import CommandServer
from tests.support.day_homes import stream
from tests.support.event_logs import open_kafka, topic_of
from tests.support.installations import Installation, assert_true
from tests.support.kafka import documents_on, make_topic, put, remove_topic, running_broker, shop_on
from tests.support.mixed_clicks import MixedClicks
from tests.support.proof import proof_scale
from tests.support.refused_homes import edited, refused, refused_home

CAUGHT_UP = ("stream", "--from", "kafka", "--quiet", "--until-caught-up")
KILLS = 5


def quarantine_of(folder: Path) -> str:
    return f"{topic_of(folder)}.quarantine"


def shop_with_topic(broker: Broker, folder: Path, **settings: str) -> Installation:
    return shop_on(broker, folder, QUARANTINE_KAFKA_TOPIC=quarantine_of(folder), **settings)


def catch_up(commands: CommandServer, shop: Installation) -> None:
    ended = commands.run(*CAUGHT_UP, environment=shop.environment)
    assert ended.exit_code == 0, ended.errors


def passed_on(broker: Broker, folder: Path) -> list[dict[str, Any]]:
    return list(chain(*documents_on(broker.servers(), quarantine_of(folder))))


def raw_of(document: dict[str, Any]) -> bytes:
    return base64.b64decode(document["raw_base64"]) if "raw_base64" in document else document["raw"].encode()


def kept(shop: Installation) -> dict[str, tuple[str, bytes]]:
    """The quarantine: place -> reason and bytes."""
    rows = shop.rows(schema.quarantine)
    return {f"{row['partition']}:{row['offset']}": (row["reason"], row["raw"]) for row in rows}


def arrived(documents: list[dict[str, Any]]) -> dict[str, tuple[str, bytes]]:
    return {each["place"]: (each["reason"], raw_of(each)) for each in documents}


def test_each_refused_record_comes_once_with_its_place_reason_and_bytes(
    tmp_path: Path, commands: CommandServer, broker: Broker
) -> None:
    shop = shop_with_topic(broker, tmp_path)
    shop.append(MixedClicks(3, 3).batch(2_000))
    poison = [b"\xff\xfe\x00", b"two\nlines", b"\x1b[2J", b"x" * 40_000]
    put(broker.servers(), shop.settings["KAFKA_CLICKSTREAM_TOPIC"], poison)
    for _ in range(2):  # the second time there is nothing left to send
        catch_up(commands, shop)
        documents = passed_on(broker, tmp_path)
        assert len(documents) == len(kept(shop)) > 100
        assert arrived(documents) == kept(shop)
    for records in documents_on(broker.servers(), quarantine_of(tmp_path)):
        offsets = [int(each["place"].split(":")[1]) for each in records]
        assert offsets == sorted(offsets), "one partition's records stay in order"


def test_a_line_of_the_topic_is_one_that_a_repair_takes(
    tmp_path: Path, commands: CommandServer, broker: Broker
) -> None:
    shop = shop_with_topic(broker, tmp_path)
    shop.append({0: refused(1)})
    catch_up(commands, shop)
    [document] = passed_on(broker, tmp_path)
    exported = edited(shop, tmp_path / "corrected.jsonl", mend=lambda record: record).read_text()
    assert json.loads(exported) == document


def test_a_home_with_a_local_log_passes_on_too_and_what_it_had_before_as_well(
    tmp_path: Path, commands: CommandServer, broker: Broker
) -> None:
    shop = Installation(tmp_path / "home", {"ALERT_HANDLERS": "", "LOG_PARTITIONS": "2"})
    shop.append({0: refused(1) + refused(2), 1: refused(3)})
    words = ("stream", "--quiet", "--until-caught-up")
    assert commands.run(*words, environment=shop.environment).exit_code == 0
    named = {"KAFKA_BOOTSTRAP_SERVERS": broker.servers(), "QUARANTINE_KAFKA_TOPIC": quarantine_of(tmp_path)}
    ended = commands.run(*words, environment={**shop.environment, **named})
    assert ended.exit_code == 0, ended.errors
    assert arrived(passed_on(broker, tmp_path)) == kept(shop)
    assert len(kept(shop)) == 3


def test_a_broker_that_is_away_holds_up_nothing_and_gets_the_rest_when_it_is_back(
    tmp_path: Path, commands: CommandServer
) -> None:
    with running_broker(tmp_path / "broker") as broker:
        named = {"KAFKA_BOOTSTRAP_SERVERS": broker.servers(), "QUARANTINE_KAFKA_TOPIC": quarantine_of(tmp_path)}
        shop = Installation(tmp_path / "home", {"ALERT_HANDLERS": "", "IDLE_AFTER": "1s", **named})
        broker.stop()
        stream = commands.start("stream", "--quiet", environment=shop.environment)
        for number in range(3):
            shop.append({0: refused(number)})
            await_records(shop, number + 1, stream.errors_so_far)
        while "quarantine topic waits" not in stream.errors_so_far():
            time.sleep(0.1)
        broker.start()
        give_up = time.monotonic() + 60
        while len(passed_on(broker, tmp_path)) < 3:
            assert time.monotonic() < give_up, stream.errors_so_far()
            time.sleep(0.2)
        stream.send(signal.SIGINT)
        assert stream.end().exit_code == 0
        assert arrived(passed_on(broker, tmp_path)) == kept(shop)


def test_a_topic_that_is_made_anew_with_fewer_partitions_gets_what_comes_then(tmp_path: Path, broker: Broker) -> None:
    topic = quarantine_of(tmp_path)
    home = refused_home(tmp_path / "home", [refused(number) for number in range(3)], partitions=3)
    before = set(kept(home))
    store = home.store()
    forwarder = QuarantineForwarder(
        store, lambda: open_kafka(broker.servers(), topic, 3, patience=3_000_000), wall_clock
    )
    assert forwarder.deliver_due() == 3
    remove_topic(broker.servers(), topic)
    home.append({partition: refused(10 + partition) for partition in range(3)})
    stream(home)
    make_topic(broker.servers(), topic, partitions=1)
    give_up = time.monotonic() + 60
    while {each["place"] for each in passed_on(broker, tmp_path)} < set(kept(home)) - before:
        assert time.monotonic() < give_up
        with suppress(LogError):
            forwarder.deliver_due()
    forwarder.close()
    store.close()


def await_records(shop: Installation, count: int, errors: Any) -> None:
    give_up = time.monotonic() + 60
    while not shop.home.store.exists() or len(kept(shop)) < count:
        assert time.monotonic() < give_up, errors()
        time.sleep(0.05)


def test_a_stream_that_is_killed_again_and_again_leaves_no_refused_record_behind(
    tmp_path: Path, commands: CommandServer, broker: Broker
) -> None:
    clicks = MixedClicks(9, 3)
    shop = shop_with_topic(broker, tmp_path, EPOCH_MAX_BYTES="8000")
    runs = kills = 0
    while kills < KILLS * proof_scale():
        shop.append(clicks.batch(600))
        runs += 1
        stream = commands.start(*CAUGHT_UP, environment=shop.environment)
        time.sleep(0.4 + runs % 8 * 0.1)  # spread over the start, the work and the last sending
        stream.send(signal.SIGKILL)
        kills += stream.end().exit_code == -signal.SIGKILL
    catch_up(commands, shop)
    assert_true(shop.outcome(), shop.truth())
    assert arrived(passed_on(broker, tmp_path)) == kept(shop)
    assert len(kept(shop)) > 100


@pytest.mark.parametrize("taken", ["clickstream_events", "clickstream_alerts"])
def test_refused_records_never_go_to_the_topic_that_they_came_from(taken: str) -> None:
    with pytest.raises(SettingsError, match="QUARANTINE_KAFKA_TOPIC must be a topic of its own"):
        load_settings(quarantine_kafka_topic=taken)
