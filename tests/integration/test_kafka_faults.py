"""What goes wrong with brokers, on a real one: nothing is lost, nothing takes effect twice, and people are told."""

import json
import signal
import time
from pathlib import Path

import pytest

from clickwatch.wiring.log_kinds import LogKind
from dev.broker import Broker
from tests.support.commands import CommandServer, Ended, await_that
from tests.support.installations import Installation, assert_true
from tests.support.kafka import (
    make_topic,
    put,
    records_on,
    remove_records,
    remove_topic,
    running_broker,
    shop_on,
)
from tests.support.mixed_clicks import MixedClicks
from tests.support.proof import proof_scale
from tests.support.refused_homes import edited, refused
from tests.support.spark import QUICK_JAVA

KILLS = 5
KILLS_UNDER_SPARK = 2
SPARK_SETTINGS = {"SPARK_MASTER": "local[2]", "JDK_JAVA_OPTIONS": QUICK_JAVA}
RATE = 3_000
SECONDS_PER_KILL = 4
STREAM = ("stream", "--from", "kafka", "--quiet")
CAUGHT_UP = (*STREAM, "--until-caught-up")
VIEW = b'{"user_id":"U%d","product_id":"P1","event_type":"view","timestamp":"2026-01-26T07:10:15Z","event_id":"e%d"}'


def catch_up(commands: CommandServer, shop: Installation) -> None:
    ended = commands.run(*CAUGHT_UP, environment=shop.environment)
    assert ended.exit_code == 0, ended.errors


def accounts(shop: Installation) -> dict[str, int]:
    """The account of all partitions together."""
    rows = shop.outcome().tables["accounting"]
    return {name: sum(row[name] for row in rows) for name in ("received", "accepted", "duplicate", "rejected")}


def only_line(ended: Ended) -> str:
    """The one line that a command that failed has said, its own log aside."""
    assert ended.exit_code == 1, (ended.exit_code, ended.errors)
    said = [line for line in ended.errors.splitlines() if "[warning" not in line]
    assert len(said) == 1, ended.errors
    return said[0]


@pytest.mark.parametrize(("engine", "kills"), [("embedded", KILLS), ("spark", KILLS_UNDER_SPARK)])
def test_a_broker_killed_again_and_again_loses_nothing_and_doubles_nothing(
    engine: str, kills: int, tmp_path: Path, commands: CommandServer
) -> None:
    kills *= proof_scale()
    events = kills * SECONDS_PER_KILL * RATE
    with running_broker(tmp_path / "broker") as broker:
        shop = shop_on(broker, tmp_path / "shop", ARCHIVE_MAX_ROWS="5000", **SPARK_SETTINGS)
        live = commands.start(*STREAM, "--engine", engine, environment=shop.environment)
        await_that(shop.home.archive.exists, live, seconds=100)
        words = ("produce", "--to", "kafka", "--rate", str(RATE), "--events", str(events), "--json")
        shoppers = commands.start(*words, environment=shop.environment)
        for _ in range(kills):
            time.sleep(1.5)  # some traffic between two kills; what is in flight at the instant is the point
            broker.kill()
            broker.start()
        produced = shoppers.end()
        assert produced.exit_code == 0, produced.errors
        assert json.loads(produced.output)["events"] == events
        assert records_on(shop) == events, "each event stands on the topic once"
        give_up = time.monotonic() + 60
        while accounts(shop)["received"] < events:
            assert time.monotonic() < give_up, f"the stream has not gone on by itself: {live.errors_so_far()}"
            time.sleep(0.2)
        live.send(signal.SIGINT)
        ended = live.end()
        assert ended.exit_code == 0, ended.errors
        assert accounts(shop) == {"received": events, "accepted": events, "duplicate": 0, "rejected": 0}
        archived = shop.archived().select(["source_partition", "source_offset"])
        assert len(archived) == len(archived.group_by(archived.column_names).aggregate([])) == events


def test_what_comes_of_a_bad_day_on_kafka_is_what_the_reference_says_though_the_stream_is_killed(
    tmp_path: Path, commands: CommandServer, broker: Broker
) -> None:
    clicks = MixedClicks(7, 3)
    small = {"EPOCH_MAX_BYTES": "8000", "ARCHIVE_MAX_ROWS": "500", "ALERT_MIN_VIEWS_THRESHOLD": "20"}
    shop = shop_on(broker, tmp_path / "shop", **small)
    runs = kills = 0
    while kills < KILLS * proof_scale():
        shop.append(clicks.batch(600))
        runs += 1
        stream = commands.start(*CAUGHT_UP, environment=shop.environment)
        time.sleep(0.3 + runs % 8 * 0.1)  # spread over the start and the work
        stream.send(signal.SIGKILL)
        kills += stream.end().exit_code == -signal.SIGKILL
    catch_up(commands, shop)
    truth = shop.truth()
    assert_true(shop.outcome(), truth)
    assert sum(account.received for account in truth.accounts.values()) == 600 * runs
    assert len(truth.quarantine) > 50


def test_commands_wait_for_a_broker_that_is_away_when_they_start(tmp_path: Path, commands: CommandServer) -> None:
    with running_broker(tmp_path / "broker") as broker:
        broker.stop()
        shop = shop_on(broker, tmp_path / "shop")
        live = commands.start(*STREAM, environment=shop.environment)
        day = ("produce", "--to", "kafka", "--profile", "day", "--events", "2000")
        shoppers = commands.start(*day, environment=shop.environment)
        while not all("Kafka does not answer; waiting" in each.errors_so_far() for each in (live, shoppers)):
            time.sleep(0.1)
        broker.start()
        assert shoppers.end().exit_code == 0
        while not shop.home.store.exists() or not shop.outcome().tables["accounting"]:
            time.sleep(0.2)
        live.send(signal.SIGINT)
        assert live.end().exit_code == 0
        catch_up(commands, shop)
        assert accounts(shop)["accepted"] == 2000


@pytest.mark.parametrize(
    "words", [CAUGHT_UP, ("produce", "--to", "kafka"), ("replay", "--to", "kafka", "clicks.ndjson")], ids=lambda w: w[0]
)
def test_a_broker_that_stays_away_is_one_clear_line(commands: CommandServer, words: tuple[str, ...]) -> None:
    Path("clicks.ndjson").write_bytes(VIEW % (1, 1))
    settings = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9", "KAFKA_TIMEOUT": "1s"}
    line = only_line(commands.run(*words, environment=settings))
    assert "Kafka at 127.0.0.1:9 does not answer" in line
    assert "Connection refused" in line
    assert "KAFKA_BOOTSTRAP_SERVERS" in line


def test_ctrl_c_ends_the_waiting_for_a_broker(commands: CommandServer) -> None:
    stream = commands.start(*STREAM, environment={"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"})
    while "Kafka does not answer; waiting" not in stream.errors_so_far():
        time.sleep(0.1)
    began = time.monotonic()
    stream.send(signal.SIGINT)
    assert "stopped waiting" in only_line(stream.end())
    assert time.monotonic() - began < 10


def test_what_a_broker_that_goes_for_good_did_not_take_is_reported(tmp_path: Path, commands: CommandServer) -> None:
    with running_broker(tmp_path / "broker") as broker:
        shop = shop_on(broker, tmp_path / "shop", KAFKA_TIMEOUT="2s")
        words = ("produce", "--to", "kafka", "--rate", "5000", "--events", "1000000", "--json")
        shoppers = commands.start(*words, environment=shop.environment)
        while not records_on(shop):
            time.sleep(0.1)
        broker.kill()
        ended = shoppers.end()
        assert "were not acknowledged by Kafka" in only_line(ended)
        acknowledged = json.loads(ended.output)["events"]
        broker.start()
        assert 0 < acknowledged <= records_on(shop) < 1_000_000


def test_a_home_whose_topic_is_gone_or_made_anew_says_so(
    tmp_path: Path, commands: CommandServer, broker: Broker
) -> None:
    shop = shop_on(broker, tmp_path / "shop")
    topic = shop.settings["KAFKA_CLICKSTREAM_TOPIC"]
    shop.append({0: VIEW % (1, 1) + b"\n"})
    catch_up(commands, shop)
    remove_topic(broker.servers(), topic)
    assert f"has no topic {topic}" in only_line(commands.run(*CAUGHT_UP, environment=shop.environment))

    make_topic(broker.servers(), topic, partitions=3)
    put(broker.servers(), topic, [VIEW % (2, 2)] * 5)
    said = only_line(commands.run(*CAUGHT_UP, environment=shop.environment))
    assert f"This home was begun with topic {topic} of Kafka" in said
    assert accounts(shop)["received"] == 1


def test_a_home_goes_on_with_the_log_that_it_was_begun_with_and_no_other(
    tmp_path: Path, commands: CommandServer, broker: Broker
) -> None:
    shop = shop_on(broker, tmp_path / "shop")
    shop.append({0: VIEW % (1, 1) + b"\n"})
    catch_up(commands, shop)
    said = only_line(commands.run("stream", "--until-caught-up", environment=shop.environment))
    assert "would go on with its local log" in said
    assert not (shop.home.log / shop.settings["KAFKA_CLICKSTREAM_TOPIC"]).exists(), "no local log is made for that"
    local = Installation(tmp_path / "local", shop.settings)
    local.append({0: VIEW % (1, 1) + b"\n"})
    assert commands.run("stream", "--until-caught-up", environment=local.environment).exit_code == 0
    away = {**local.environment, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"}
    ended = commands.run(*CAUGHT_UP, environment=away)
    assert "This home was begun with its local log" in only_line(ended)
    assert ended.errors.count("\n") == 1, "no broker is waited for"


def test_a_repair_does_not_keep_the_store_for_as_long_as_a_stream_waits(
    tmp_path: Path, commands: CommandServer
) -> None:
    with running_broker(tmp_path / "broker") as broker:
        shop = shop_on(broker, tmp_path / "shop")
        shop.append({0: refused(1)})
        catch_up(commands, shop)
        corrected = edited(shop, tmp_path / "corrected.jsonl")
        broker.kill()
        replay = ("quarantine", "replay", str(corrected))
        said = only_line(commands.run(*replay, environment=shop.environment))
        assert "does not answer" in said and "for 3s now" in said
        broker.start()
        assert commands.run(*replay, environment=shop.environment).exit_code == 0
        catch_up(commands, shop)
    assert accounts(shop) == {"received": 2, "accepted": 1, "duplicate": 0, "rejected": 1}


def test_records_that_retention_took_before_they_were_read_are_said_to_be_lost(
    tmp_path: Path, commands: CommandServer, broker: Broker
) -> None:
    shop = shop_on(broker, tmp_path / "shop", KAFKA_PARTITIONS="1")
    topic = shop.settings["KAFKA_CLICKSTREAM_TOPIC"]
    shop.append({0: b"".join(VIEW % (n, n) + b"\n" for n in range(100))})
    catch_up(commands, shop)
    shop.append({0: b"".join(VIEW % (n, n) + b"\n" for n in range(100, 200))})
    remove_records(broker.servers(), topic, 0, before=150)
    said = only_line(commands.run(*CAUGHT_UP, environment=shop.environment))
    assert f"Kafka keeps partition 0 of the topic {topic} from offset 150 on" in said
    assert "goes on at 100, and the 50 records from there are gone" in said
    assert "begin a new home (CLICKWATCH_HOME)" in said
    assert accounts(shop)["received"] == 100

    # What the line says works.
    anew = Installation(tmp_path / "anew", shop.settings, LogKind.KAFKA)
    catch_up(commands, anew)
    assert accounts(anew)["received"] == 50


def test_a_poison_record_takes_nothing_else_with_it(tmp_path: Path, commands: CommandServer, broker: Broker) -> None:
    shop = shop_on(broker, tmp_path / "shop", KAFKA_PARTITIONS="1")
    pretty = json.dumps(json.loads(VIEW % (5, 5)), indent=2).encode()
    poison = [b"\xff\xfe\x00", None, b"", b"{", b"x" * 900_000, b'{"user_id":NaN}']
    shop.log().close()
    good = [VIEW % (n, n) for n in range(3)]
    put(broker.servers(), shop.settings["KAFKA_CLICKSTREAM_TOPIC"], [good[0], *poison, good[1], pretty, good[2]])
    catch_up(commands, shop)
    assert accounts(shop) == {"received": 10, "accepted": 4, "duplicate": 0, "rejected": 6}
    kept = {row["offset"]: row["reason"] for row in shop.outcome().tables["quarantine"]}
    expected = ["not_json", "not_json", "not_json", "not_json", "too_large", "not_json"]
    assert kept == dict(enumerate(expected, start=1))
    assert_true(shop.outcome(), shop.truth())
