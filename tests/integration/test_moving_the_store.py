"""`clickwatch store move`: from the file to PostgreSQL with everything, whenever it is interrupted, and only once."""

import signal
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from clickwatch.errors import SecondPipeline, StoreError
from clickwatch.store import schema
from clickwatch.store.opening import open_store
from clickwatch.store.sqlite.file import SqliteFile
from clickwatch.wiring.moving import move_store
from clickwatch.wiring.pipeline import run_stream
from tests.support.commands import CommandServer, Ended, Running
from tests.support.databases import Databases
from tests.support.day_homes import MONDAY
from tests.support.installations import Installation, assert_true
from tests.support.mixed_clicks import MixedClicks

SMALL = {
    "LOG_PARTITIONS": "2",
    "EPOCH_MAX_BYTES": "20000",
    "ARCHIVE_MAX_ROWS": "500",
    "ALERT_MIN_VIEWS_THRESHOLD": "20",
    "ALERT_HANDLERS": "file",
    "ALERT_MAX_AGE": "20000d",
}
MOVE = ("store", "move")
CAUGHT_UP = ("stream", "--until-caught-up", "--quiet")
STEPS = ("begun", "epochs", "windows", "copied", "marked")


class PowerCut(BaseException):
    """Stands for the end of the process."""


@pytest.fixture
def clicks() -> MixedClicks:
    return MixedClicks(9, 2)


@pytest.fixture
def in_a_file(tmp_path: Path, clicks: MixedClicks) -> Installation:
    """Half of what is to come is streamed into the home's file."""
    shop = Installation(tmp_path / "shop", SMALL)
    shop.append(clicks.batch(2500))
    stream(shop)
    return shop


def stream(shop: Installation) -> None:
    run_stream(shop.app_settings(), threading.Event(), until_caught_up=True)


def on_postgres(shop: Installation, address: str) -> Installation:
    return Installation(shop.folder, {**shop.settings, "DATABASE_URL": address})


def all_rows(shop: Installation) -> dict[str, list[dict[str, object]]]:
    """Every row, but for the note of the move."""
    return {table.name: shop.rows(table) for table in schema.metadata.sorted_tables if table is not schema.moves}


def only_line(ended: Ended) -> str:
    assert ended.exit_code != 0 and ended.output == ""
    assert ended.errors.startswith("clickwatch: ") and ended.errors.count("\n") == 1, ended.errors
    return ended.errors


def test_half_a_stream_in_the_file_and_half_in_postgresql_is_one_stream(
    in_a_file: Installation, clicks: MixedClicks, databases: Databases, commands: CommandServer
) -> None:
    assert commands.run("batch", "--date", str(MONDAY), environment=in_a_file.environment).exit_code == 0
    before = all_rows(in_a_file)
    moved = on_postgres(in_a_file, databases.empty())
    ended = commands.run(*MOVE, environment=moved.environment)
    assert ended.exit_code == 0, ended.errors
    count = sum(map(len, before.values()))
    assert f"Moved {count:,} rows to db_" in ended.output
    assert all_rows(moved) == before
    assert all(before[name] for name in ("windows", "alerts", "deliveries", "quarantine", "user_segments"))

    moved.append(clicks.batch(2500))
    for _ in range(2):
        assert commands.run(*CAUGHT_UP, environment=moved.environment).exit_code == 0
    assert_true(moved.outcome(), moved.truth())


@pytest.mark.parametrize("words", [CAUGHT_UP, ("windows",), ("batch", "--date", str(MONDAY)), ("retention",)])
def test_the_old_file_is_kept_and_no_command_uses_it(
    in_a_file: Installation, databases: Databases, commands: CommandServer, words: tuple[str, ...]
) -> None:
    moved = on_postgres(in_a_file, databases.empty())
    move_store(moved.app_settings())
    line = only_line(commands.run(*words, environment=in_a_file.environment))
    assert f"The store {in_a_file.home.store} was moved to PostgreSQL" in line
    assert "Set DATABASE_URL" in line
    with closing(sqlite3.connect(in_a_file.home.store)) as file:
        assert file.execute("select count(*) from windows").fetchone()[0] == len(moved.rows(schema.windows))


def test_it_is_moved_once(in_a_file: Installation, databases: Databases, commands: CommandServer) -> None:
    moved = on_postgres(in_a_file, databases.empty())
    move_store(moved.app_settings())
    before = all_rows(moved)
    for again in (moved, on_postgres(in_a_file, databases.empty())):
        line = only_line(commands.run(*MOVE, environment=again.environment))
        assert "was moved to PostgreSQL" in line and "Set DATABASE_URL to the database that it was moved to" in line
    assert all_rows(moved) == before


@pytest.mark.parametrize("step", STEPS)
def test_a_move_that_is_cut_off_anywhere_is_run_again(
    in_a_file: Installation, clicks: MixedClicks, databases: Databases, step: str
) -> None:
    before = all_rows(in_a_file)
    moved = on_postgres(in_a_file, databases.empty())

    def cut(name: str) -> None:
        if name == step:
            raise PowerCut

    with pytest.raises(PowerCut):
        move_store(moved.app_settings(), cut)
    with pytest.raises(StoreError, match=r"was (being )?moved to PostgreSQL"):
        open_store(SqliteFile(in_a_file.home.store), create=True)
    if step != "marked":
        assert move_store(moved.app_settings()).rows == sum(map(len, before.values()))
    assert all_rows(moved) == before
    moved.append(clicks.batch(500))
    stream(moved)
    assert_true(moved.outcome(), moved.truth())


def test_a_move_that_was_killed_is_run_again(
    in_a_file: Installation, databases: Databases, commands: CommandServer
) -> None:
    before = all_rows(in_a_file)
    moved = on_postgres(in_a_file, databases.empty())
    killed = 0
    for _ in range(200):
        running = commands.start(*MOVE, environment=moved.environment)
        threading.Event().wait(0.02 * killed)
        running.send(signal.SIGKILL)
        if running.end().exit_code == 0:
            break
        killed += 1
    assert killed > 3
    assert all_rows(moved) == before
    assert "was moved" in only_line(commands.run("windows", environment=in_a_file.environment))


def test_a_move_that_is_killed_at_each_step_and_run_again_is_whole_at_last(
    in_a_file: Installation, databases: Databases, commands: CommandServer
) -> None:
    before = all_rows(in_a_file)
    moved = on_postgres(in_a_file, databases.empty())
    for step in ("begun", *before, "copied", "marked"):
        ended = commands.start(step, module="tests.support.faulty_move", environment=moved.environment).end()
        assert ended.exit_code == -signal.SIGKILL, (step, ended.errors)
    assert all_rows(moved) == before
    assert "was moved" in only_line(commands.run("windows", environment=in_a_file.environment))


def test_what_is_at_work_is_not_moved_away_from_under_it(
    in_a_file: Installation, databases: Databases, commands: CommandServer
) -> None:
    moved = on_postgres(in_a_file, databases.empty())
    live = commands.start("stream", "--quiet", environment=in_a_file.environment)
    try:
        while not _is_leased(in_a_file):
            threading.Event().wait(0.05)
        with pytest.raises(SecondPipeline, match=r"works with the store .*: pipeline\. End it"):
            move_store(moved.app_settings())
    finally:
        live.send(signal.SIGTERM)
    assert live.end().exit_code == 0
    move_store(moved.app_settings())
    assert_true(moved.outcome(), moved.truth())


def test_a_stream_that_slept_while_its_store_was_moved_writes_no_more(
    in_a_file: Installation, clicks: MixedClicks, databases: Databases, commands: CommandServer
) -> None:
    moved = on_postgres(in_a_file, databases.empty())
    live = commands.start("stream", "--quiet", environment=in_a_file.environment)
    try:
        while not _is_leased(in_a_file):
            threading.Event().wait(0.05)
        _put_to_sleep(live, in_a_file)
        move_store(moved.app_settings())
        before = _dump(in_a_file)
        moved.append(clicks.batch(500))
    finally:
        live.send(signal.SIGCONT)
    assert "was moved to PostgreSQL" in only_line(live.end())
    assert _dump(in_a_file) == before
    stream(moved)
    assert_true(moved.outcome(), moved.truth())


def _put_to_sleep(live: Running, shop: Installation) -> None:
    """Stop a stream between two transactions, for longer than its lease lasts."""
    while True:
        live.send(signal.SIGSTOP)
        try:
            with closing(sqlite3.connect(shop.home.store, timeout=1)) as file, file:
                file.execute("update leases set expires_at = 1")
        except sqlite3.OperationalError:  # it has the lock
            live.send(signal.SIGCONT)
        else:
            return


def _dump(shop: Installation) -> list[str]:
    with closing(sqlite3.connect(shop.home.store)) as file:
        return list(file.iterdump())


def _is_leased(shop: Installation) -> bool:
    with closing(sqlite3.connect(shop.home.store)) as file:
        return bool(file.execute("select 1 from leases where name = 'pipeline' and expires_at > 0").fetchone())


def test_a_database_with_another_store_is_left_alone_and_so_is_the_file(
    in_a_file: Installation, tmp_path: Path, databases: Databases, commands: CommandServer
) -> None:
    other = Installation(tmp_path / "other", {**SMALL, "DATABASE_URL": databases.empty()})
    other.append(MixedClicks(10, 2).batch(300))
    stream(other)
    before = all_rows(other)
    line = only_line(
        commands.run(*MOVE, environment=on_postgres(in_a_file, other.settings["DATABASE_URL"]).environment)
    )
    assert "is not empty: it has rows in" in line and "Name an empty database" in line
    assert all_rows(other) == before
    stream(in_a_file)


def test_without_a_database_or_a_file_there_is_nothing_to_move(
    in_a_file: Installation, tmp_path: Path, databases: Databases, commands: CommandServer
) -> None:
    assert "DATABASE_URL names no database" in only_line(commands.run(*MOVE, environment=in_a_file.environment))
    empty = Installation(tmp_path / "empty", {"DATABASE_URL": databases.empty()})
    assert "There is no store" in only_line(commands.run(*MOVE, environment=empty.environment))
