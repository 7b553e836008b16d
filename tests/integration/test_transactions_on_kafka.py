"""Transactions of others at the end of a topic's partitions: what they leave is no record, and nobody waits for one.

Each partition ends in an aborted record and the mark of its transaction.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from clickwatch.domain.window import HOUR
from clickwatch.store.schema import accounting, progress, windows
from clickwatch.wiring.batch import run_day
from clickwatch.wiring.day_waiting import DayPatience, wait_for_day
from clickwatch.wiring.engines import StreamEngine, on_spark
from clickwatch.wiring.log_kinds import LogKind
from clickwatch.wiring.pipeline import embedded, run_stream
from dev.broker import Broker
from tests.support.day_homes import MONDAY, click
from tests.support.fake_clock import FakeClock
from tests.support.installations import Installation
from tests.support.kafka import put_in_transaction, remove_records, shop_on
from tests.support.spark import shared_spark

_SOON = 60.0


@pytest.fixture(params=["embedded", "spark"])
def engine(request: pytest.FixtureRequest) -> StreamEngine:
    """Each of the two."""
    return partial(on_spark, shared_spark()) if request.param == "spark" else embedded


def shop_with(broker: Broker, folder: Path, event: bytes) -> Installation:
    """One event in partition 0, and at the end of each partition an aborted one: 0 ends at 3, and 1 at 2."""
    shop = shop_on(broker, folder, KAFKA_PARTITIONS="2", IDLE_AFTER="1s")
    shop.append({0: event})
    for partition in (0, 1):
        abort(broker, shop, partition)
    return shop


def abort(broker: Broker, shop: Installation, partition: int) -> None:
    topic = shop.settings["KAFKA_CLICKSTREAM_TOPIC"]
    put_in_transaction(broker.servers(), topic, [click(MONDAY, 12).strip()], kept=False, partition=partition)


def catch_up(shop: Installation, engine: StreamEngine) -> None:
    run_stream(shop.app_settings(), threading.Event(), until_caught_up=True, kind=LogKind.KAFKA, engine=engine)


@contextmanager
def streaming(shop: Installation, engine: StreamEngine) -> Iterator[None]:
    """A stream that goes on, beside what the block does."""
    stop = threading.Event()
    work = partial(run_stream, shop.app_settings(), stop, until_caught_up=False, kind=LogKind.KAFKA, engine=engine)
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def places(shop: Installation) -> dict[int, int]:
    """Where each partition goes on."""
    return {row["partition"]: row["next_offset"] for row in shop.rows(progress)}


def test_a_day_that_ends_in_an_aborted_transaction_is_complete(
    engine: StreamEngine, broker: Broker, tmp_path: Path
) -> None:
    shop = shop_with(broker, tmp_path / "shop", click(MONDAY, 10))
    catch_up(shop, engine)
    clock = FakeClock(MONDAY.end + HOUR)
    wait_for_day(shop.app_settings(), MONDAY, DayPatience(HOUR), clock=clock, sleep=clock.sleep)
    assert places(shop) == {0: 3, 1: 2}
    assert run_day(shop.app_settings(), MONDAY).is_complete
    assert [(row["partition"], row["received"]) for row in shop.rows(accounting)] == [(0, 1)]


def test_partitions_that_end_in_an_aborted_transaction_become_idle_and_hold_no_window_open(
    engine: StreamEngine, broker: Broker, tmp_path: Path
) -> None:
    an_hour_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    event = {"user_id": "u", "product_id": "p", "event_type": "view", "timestamp": an_hour_ago}
    shop = shop_with(broker, tmp_path / "shop", json.dumps(event).encode() + b"\n")
    catch_up(shop, engine)
    assert {row["status"] for row in shop.rows(windows)} == {"open"}
    with streaming(shop, engine):
        until = time.monotonic() + _SOON
        while any(row["status"] == "open" for row in shop.rows(windows)):
            assert time.monotonic() < until, "no window was closed"
            time.sleep(0.1)


def test_a_stream_goes_on_after_all_that_it_had_read_has_outlived_its_time(
    engine: StreamEngine, broker: Broker, tmp_path: Path
) -> None:
    shop = shop_with(broker, tmp_path / "shop", click(MONDAY, 10))
    catch_up(shop, engine)
    abort(broker, shop, 0)
    catch_up(shop, engine)
    ends = {0: 5, 1: 2}
    assert places(shop) == ends
    for partition, end in ends.items():
        remove_records(broker.servers(), shop.settings["KAFKA_CLICKSTREAM_TOPIC"], partition, end)
    shop.append({0: click(MONDAY, 11), 1: click(MONDAY, 12)})
    catch_up(shop, engine)
    assert [(row["partition"], row["received"]) for row in shop.rows(accounting)] == [(0, 2), (1, 1)]
