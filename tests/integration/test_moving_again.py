"""`clickwatch store move` that was interrupted is run again, and knows its own work from that of others."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from clickwatch.errors import StoreAway, StoreError
from clickwatch.store import epochs, leases, migrations, schema
from clickwatch.store.database import Store
from clickwatch.store.migrations import MOVED, moving
from clickwatch.store.opening import open_store
from clickwatch.store.postgres.database import PostgresDatabase
from clickwatch.store.sqlite.file import SqliteFile
from clickwatch.wiring.log import wall_clock
from dev.postgres_server import PostgresServer
from tests.support.cutting_proxy import Cut, CuttingProxy
from tests.support.databases import Databases
from tests.support.moves import PowerCut, cut_at, move, moved_rows, standing, store_file

STEPS = ("begun", "epochs", "copied")


@pytest.fixture
def file(tmp_path: Path) -> SqliteFile:
    return store_file(tmp_path)


def cut_off(file: SqliteFile, address: str, step: str) -> None:
    with pytest.raises(PowerCut):
        move(file, address, cut_at(step))


def claim(address: str, epoch: int) -> None:
    with closing(open_store(PostgresDatabase(address), create=False)) as store, store.begin() as connection:
        epochs.claim(connection, epoch, "settings", 1, [])


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("rows", [0, 1])
def test_the_store_of_a_stream_that_found_nothing_yet_is_moved_in_two_runs(
    tmp_path: Path, databases: Databases, step: str, rows: int
) -> None:
    file, address = SqliteFile(tmp_path / "store.sqlite"), databases.blank()
    with closing(open_store(file, create=True)) as store:
        if rows:
            leases.give_back(store, leases.PIPELINE, leases.take(store, leases.PIPELINE, wall_clock, 1))
    cut_off(file, address, step)
    assert move(file, address) == rows
    assert standing(file) == MOVED
    assert moved_rows(address) == rows


@pytest.mark.parametrize("revision", migrations.REVISIONS)
def test_a_newer_clickwatch_finishes_what_an_older_one_began(
    tmp_path: Path, databases: Databases, revision: str
) -> None:
    file, address = SqliteFile(tmp_path / "store.sqlite"), databases.blank()

    def as_then(connection: Connection) -> None:
        migrations.upgrade(connection, revision)
        epochs.claim(connection, 1, "settings", 1, [])
        assert migrations.mark(connection, revision, moving(revision))

    file.create(file.engine(), as_then)
    with pytest.raises(StoreError, match="was being moved to PostgreSQL"):
        open_store(file, create=True)
    assert move(file, address) == 1
    assert (standing(file), moved_rows(address)) == (MOVED, 1)


def test_an_older_clickwatch_leaves_alone_what_a_newer_one_began(file: SqliteFile, databases: Databases) -> None:
    with closing(Store(file)) as store, store.begin() as connection:
        assert migrations.mark(connection, migrations.HEAD, moving("9999"))
    with pytest.raises(StoreError, match=r"written by a newer clickwatch \(schema 9999\)"):
        move(file, databases.blank())
    assert standing(file) == moving("9999")


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.AFTER])
def test_a_connection_that_breaks_at_the_commit_leaves_a_move_to_be_finished(
    file: SqliteFile, databases: Databases, cut: Cut
) -> None:
    address = databases.blank()
    way = CuttingProxy(address, lambda commit: cut if commit == 1 else None)
    with way.running() as proxy, pytest.raises(StoreAway, match="was lost"):
        move(file, proxy.address)
    assert moved_rows(address) == (2 if cut is Cut.AFTER else 0)
    assert standing(file) == moving(migrations.HEAD)
    assert move(file, address) == moved_rows(address) == 2
    assert standing(file) == MOVED


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server of its own, which may break off."""
    server = PostgresServer()
    server.start()
    yield server
    server.close()


def test_a_server_that_breaks_off_among_the_rows_leaves_a_move_to_be_finished(
    file: SqliteFile, server: PostgresServer
) -> None:
    address = server.make_database("shop")

    def break_off(step: str) -> None:
        if step == "windows":
            server.break_off()

    with pytest.raises(StoreAway):
        move(file, address, break_off)
    server.start()
    assert moved_rows(address) == 0
    assert move(file, address) == moved_rows(address) == 2
    assert standing(file) == MOVED


def test_what_went_on_in_the_new_store_after_an_interrupted_move_stays(file: SqliteFile, databases: Databases) -> None:
    address = databases.blank()
    cut_off(file, address, "copied")
    claim(address, 2)
    assert move(file, address) == 3
    assert (standing(file), moved_rows(address)) == (MOVED, 3)


def test_another_home_s_store_is_not_taken_for_the_one_that_was_moved(file: SqliteFile, databases: Databases) -> None:
    theirs = databases.blank()
    cut_off(file, databases.blank(), "begun")
    for epoch in (1, 2):  # with the same settings, and further on
        claim(theirs, epoch)
    with pytest.raises(StoreError, match=r"is not empty: it has rows in epochs\. Name an empty database"):
        move(file, theirs)
    assert standing(file) == moving(migrations.HEAD)
    assert moved_rows(theirs) == 2
    assert move(file, databases.blank()) == 2
    assert standing(file) == MOVED


def test_the_empty_store_of_another_home_that_was_moved_is_not_an_empty_database(
    file: SqliteFile, tmp_path: Path, databases: Databases
) -> None:
    theirs, address = SqliteFile(tmp_path / "theirs" / "store.sqlite"), databases.blank()
    open_store(theirs, create=True).close()
    assert move(theirs, address) == 0
    with pytest.raises(StoreError, match="is not empty"):
        move(file, address)
    assert standing(file) == migrations.HEAD


def test_a_move_that_failed_leaves_no_trace(file: SqliteFile, databases: Databases) -> None:
    address = databases.blank()
    with closing(Store(file)) as store, store.begin() as connection:  # it is not a number: PostgreSQL refuses it
        connection.execute(text("insert into progress values (0, 'many', null)"))
    with pytest.raises(Exception, match="many"):
        move(file, address)
    assert standing(file) == migrations.HEAD
    assert moved_rows(address) == 0
    with closing(open_store(file, create=False)) as store, store.begin() as connection:
        assert connection.execute(schema.moves.select()).all() == []
        connection.execute(text("delete from progress"))
    assert move(file, address) == 2
