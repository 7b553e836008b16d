"""PostgreSQL that stops, breaks off or loses an answer: the stream waits and goes on, and nothing counts twice."""

import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random

import pytest

from clickwatch.domain.window import SECOND
from clickwatch.errors import StoreAway, StoreError
from clickwatch.store import epochs, leases, removal, schema, windows
from clickwatch.store.opening import open_store
from clickwatch.store.postgres import database
from clickwatch.store.postgres.database import PostgresDatabase
from clickwatch.store.waiting import Patience
from clickwatch.wiring.pipeline import run_stream
from dev.postgres_server import PostgresServer
from tests.support.commands import CommandServer, Ended, await_that
from tests.support.cutting_proxy import Cut, CuttingProxy
from tests.support.databases import Databases
from tests.support.day_homes import MONDAY, expected_tables, stream
from tests.support.installations import Installation, assert_true
from tests.support.mixed_clicks import MixedClicks
from tests.support.proof import proof_scale
from tests.support.refused_homes import copies, edited, refused, refused_home
from tests.support.stores import window_deltas

CAUGHT_UP = ("stream", "--until-caught-up", "--quiet")
RESTARTS = 6
SMALL = {
    "LOG_PARTITIONS": "2",
    "EPOCH_MAX_BYTES": "6000",
    "ARCHIVE_MAX_ROWS": "300",
    "ALERT_MIN_VIEWS_THRESHOLD": "20",
    "ALERT_HANDLERS": "file",
}
AWAY = "the store is away; waiting for it"
BACK = "the store is there again; going on"


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server for one test, which may stop it; what it has committed outlives that."""
    server = PostgresServer()
    server.start()
    yield server
    server.close()


def shop_on(folder: Path, address: str) -> Installation:
    return Installation(folder, {**SMALL, "DATABASE_URL": address})


def received(home: Installation) -> int:
    return sum(row["received"] for row in home.outcome().tables["accounting"])


def only_line(ended: Ended) -> str:
    """The one line of a command that failed, after what it said while it waited."""
    assert ended.exit_code == 1
    assert "Traceback" not in ended.errors
    [line] = [line for line in ended.errors.splitlines() if line.startswith("clickwatch: ")]
    return line


def test_a_stream_outlives_restarts_of_the_server_and_loses_and_doubles_nothing(
    tmp_path: Path, commands: CommandServer, server: PostgresServer
) -> None:
    shop, clicks = shop_on(tmp_path / "shop", server.make_database("shop")), MixedClicks(3, 2)
    shop.append(clicks.batch(500))
    live = commands.start("stream", "--quiet", environment=shop.environment)
    await_that(lambda: "the store is" in live.errors_so_far() or shop.home.archive.exists(), live)
    random = Random(11)
    for number in range(RESTARTS * proof_scale()):
        shop.append(clicks.batch(1500))
        time.sleep(random.uniform(0.05, 0.6))  # the instant is the point: at work on what has just come
        (server.stop if number % 2 else server.break_off)()
        if number % 3 == 0:
            time.sleep(2)
        server.start()
    total = 500 + 1500 * RESTARTS * proof_scale()
    await_that(lambda: received(shop) == total, live)
    live.send(signal.SIGTERM)
    ended = live.end()
    assert ended.exit_code == 0, ended.errors
    assert ended.errors.count(AWAY) == ended.errors.count(BACK) >= RESTARTS // 3
    assert "Traceback" not in ended.errors
    assert_true_at_end(commands, shop)


def assert_true_at_end(commands: CommandServer, shop: Installation) -> None:
    ended = commands.run(*CAUGHT_UP, environment=shop.environment)
    assert ended.exit_code == 0, ended.errors
    assert_true(shop.outcome(), shop.truth())


def test_a_commit_whose_answer_is_lost_is_known_by_its_number(tmp_path: Path, databases: Databases) -> None:
    random = Random(5)

    def plan(number: int) -> Cut | None:
        return random.choice([None, None, None, Cut.BEFORE, Cut.AFTER])

    with CuttingProxy(databases.empty(), plan).running() as proxy:
        shop = shop_on(tmp_path / "shop", proxy.address)
        shop.append(MixedClicks(4, 2).batch(3000 * proof_scale()))
        run_stream(shop.app_settings(), threading.Event(), until_caught_up=True)
        assert min(proxy.cuts.count(Cut.BEFORE), proxy.cuts.count(Cut.AFTER)) > 10
        assert_true(shop.outcome(), shop.truth())


def test_a_lease_whose_answer_is_lost_is_taken_and_given_back_all_the_same(databases: Databases) -> None:
    address = databases.blank()
    with CuttingProxy(address, lambda number: Cut.AFTER if number % 2 else None).running() as proxy:
        with closing(open_store(PostgresDatabase(proxy.address), create=False)) as store:
            token = leases.take(store, "pipeline", lambda: time.time_ns() // 1000, 30 * SECOND)
            leases.give_back(store, "pipeline", token)
        assert proxy.cuts == [Cut.AFTER, Cut.AFTER]
    with closing(open_store(PostgresDatabase(address), create=False)) as store:
        assert leases.take(store, "pipeline", lambda: time.time_ns() // 1000, 30 * SECOND) > token


def test_what_went_is_counted_though_the_answer_was_lost(databases: Databases) -> None:
    with CuttingProxy(databases.blank(), lambda number: Cut.AFTER if number == 2 else None).running() as proxy:
        with closing(open_store(PostgresDatabase(proxy.address), create=False)) as store:
            with store.begin() as c:
                windows.add(c, 1, window_deltas([(0, f"{n}", "tvs", 0, 1, 0, 0) for n in range(50)]), now=0)
            assert removal.remove(store, schema.windows, schema.windows.c.window_start == 0) == 50
        assert proxy.cuts == [Cut.AFTER]


def test_a_session_that_the_server_takes_for_alive_gives_up_the_write_lock_in_time(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits, keeps = [_seconds(value) for value in (database.SESSION["lock_timeout"], *database.WRITER.values())]
    assert keeps <= waits - 10
    monkeypatch.setitem(database.SESSION, "lock_timeout", "5s")
    monkeypatch.setitem(database.WRITER, "idle_in_transaction_session_timeout", "1s")
    plan = {1: Cut.UNNOTICED}
    with (
        CuttingProxy(databases.blank(), plan.get).running() as proxy,
        closing(open_store(PostgresDatabase(proxy.address), create=False)) as store,
    ):
        leases.take(store, "pipeline", lambda: time.time_ns() // 1000, 30 * SECOND)
        assert proxy.cuts == [Cut.UNNOTICED]


def test_a_machine_that_is_gone_keeps_no_lock_for_as_long_as_others_wait_for_it() -> None:
    idle, interval, count = (int(database.SESSION[f"tcp_keepalives_{name}"]) for name in ("idle", "interval", "count"))
    assert idle + interval * count < _seconds(database.SESSION["lock_timeout"])


def _seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_a_transaction_that_breaks_off_on_the_way_says_that_running_again_is_safe(databases: Databases) -> None:
    with (
        CuttingProxy(databases.blank(), lambda number: Cut.BEFORE).running() as proxy,
        closing(open_store(PostgresDatabase(proxy.address), create=False)) as store,
    ):
        lost = pytest.raises(StoreAway, match=r"was lost.*run this again: what was committed is kept")
        with lost, store.begin() as c:
            epochs.claim(c, 1, "settings", 1, [])
        assert store.look(epochs.last_epoch) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stream_that_waits_for_the_store_stops_at_once(
    tmp_path: Path, commands: CommandServer, server: PostgresServer, number: signal.Signals
) -> None:
    shop, clicks = shop_on(tmp_path / "shop", server.make_database("shop")), MixedClicks(3, 2)
    shop.append(clicks.batch(800))
    live = commands.start("stream", "--quiet", environment=shop.environment)
    await_that(lambda: shop.home.archive.exists() and received(shop) == 800, live)
    server.stop()
    shop.append(clicks.batch(800))
    await_that(lambda: AWAY in live.errors_so_far(), live)
    began = time.monotonic()
    live.send(number)
    line = only_line(live.end())
    assert time.monotonic() - began < 8
    assert "stopped waiting for it. What was committed is kept" in line
    server.start()
    assert_true_at_end(commands, shop)


def test_a_server_that_stays_away_is_one_clear_line(
    tmp_path: Path, commands: CommandServer, server: PostgresServer
) -> None:
    shop = shop_on(tmp_path / "shop", server.make_database("shop"))
    shop.append(MixedClicks(3, 2).batch(300))
    assert commands.run(*CAUGHT_UP, environment=shop.environment).exit_code == 0
    server.stop()
    batch = ("batch", "--date", str(MONDAY))
    stream = commands.start("stream", "--until-caught-up", environment=shop.environment)
    others = [commands.start(*words, environment=shop.environment) for words in (("windows",), batch, ("retention",))]
    await_that(lambda: AWAY in stream.errors_so_far(), stream)
    stream.send(signal.SIGTERM)
    for running in (stream, *others):
        line = only_line(running.end())
        assert "The store shop on PostgreSQL at 127.0.0.1:" in line
        assert "does not answer (Connection refused)" in line


def test_a_day_waits_for_a_server_that_comes_back(
    tmp_path: Path, commands: CommandServer, server: PostgresServer
) -> None:
    shop = shop_on(tmp_path / "shop", server.make_database("shop"))
    shop.append(MixedClicks(3, 2).batch(4000))
    assert commands.run(*CAUGHT_UP, environment=shop.environment).exit_code == 0
    server.break_off()
    batch = commands.start("batch", "--date", str(MONDAY), "--json", environment=shop.environment)
    await_that(lambda: AWAY in batch.errors_so_far(), batch)
    server.start()
    ended = batch.end()
    assert ended.exit_code == 0, ended.errors
    assert BACK in ended.errors
    assert json.loads(ended.output)["events"] > 0
    tables = expected_tables(shop, MONDAY)
    assert {name: (shop.home.reports / name).read_bytes() for name in tables} == tables


@pytest.mark.parametrize("what", ["batch", "replay"])
def test_what_breaks_off_at_any_commit_says_so_and_is_run_again(
    tmp_path: Path, commands: CommandServer, databases: Databases, what: str
) -> None:
    address = databases.empty()
    shop = refused_home(tmp_path / "shop", [refused(n) for n in range(50)], DATABASE_URL=address)
    file = edited(shop, tmp_path / "edited.jsonl")
    command = ("batch", "--date", str(MONDAY)) if what == "batch" else ("quarantine", "replay", str(file))
    breaks = 0
    for place in range(2, 60):  # the first one takes the lease, and is asked again
        cut = Cut.AFTER if place % 2 else Cut.BEFORE
        with CuttingProxy(address, partial(at, place, cut)).running() as way:
            ended = commands.run(*command, environment={**shop.environment, "DATABASE_URL": way.address})
        if ended.exit_code:
            assert "was lost" in only_line(ended) and "run this again" in only_line(ended)
            breaks += 1
        if not way.cuts:
            break
    assert ended.exit_code == 0, ended.errors
    assert breaks >= 1
    stream(shop)
    assert commands.run("batch", "--date", str(MONDAY), environment=shop.environment).exit_code == 0
    assert max(copies(shop).values()) == 1
    tables = expected_tables(shop, MONDAY)
    assert {name: (shop.home.reports / name).read_bytes() for name in tables} == tables
    assert_true(shop.outcome(), shop.truth())


def at(place: int, cut: Cut, number: int) -> Cut | None:
    """Break one commit and no other."""
    return cut if number == place else None


def test_patience_has_an_end() -> None:
    naps: list[float] = []

    def nap(seconds: float) -> bool:
        naps.append(seconds)
        time.sleep(0.001)
        return len(naps) == 9

    patience = Patience(first=None, later=None, nap=nap)
    with pytest.raises(StoreError, match="stopped waiting for it"):
        open_store(PostgresDatabase("postgresql://u:p@127.0.0.1:9/shop"), create=True, patience=patience)
    assert naps == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0, 1.0]
