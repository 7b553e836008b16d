"""`clickwatch store move` beside other processes: one move finishes, and nothing is written to what was moved."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert

from clickwatch.errors import SecondPipeline, StoreError
from clickwatch.store import epochs, leases, migrations, removal, requests, schema
from clickwatch.store.database import Store
from clickwatch.store.opening import open_store
from clickwatch.store.postgres.database import PostgresDatabase
from clickwatch.store.sqlite.file import SqliteFile
from clickwatch.wiring.log import wall_clock
from tests.support.databases import Databases
from tests.support.moves import PowerCut, cut_at, move, moved_rows, standing, store_file

TTL = 30_000_000
IS_AWAY = r"was (being )?moved to PostgreSQL"


@pytest.fixture
def file(tmp_path: Path) -> SqliteFile:
    return store_file(tmp_path)


@pytest.fixture
def opened_before(file: SqliteFile) -> Iterator[Store]:
    with closing(open_store(file, create=True)) as store:
        yield store


@pytest.mark.parametrize("is_same_database", [True, False])
def test_of_two_moves_one_finishes_and_the_other_changes_nothing(
    file: SqliteFile, databases: Databases, is_same_database: bool
) -> None:
    mine = databases.blank()
    theirs = mine if is_same_database else databases.blank()

    def overtaken(step: str) -> None:
        if step == "begun":
            move(file, theirs)

    with pytest.raises(SecondPipeline, match=r"Another process moves the store .*store\.sqlite, or has moved it"):
        move(file, mine, overtaken)
    assert standing(file) == migrations.MOVED
    assert moved_rows(theirs) > 0
    assert is_same_database or moved_rows(mine) == 0


def take_a_lease(store: Store) -> None:
    leases.take(store, leases.PIPELINE, wall_clock, TTL)


def commit_an_epoch(store: Store) -> None:
    with store.begin() as connection:
        epochs.claim(connection, epochs.last_epoch(connection) + 1, "settings", 1, [])


def remove_rows(store: Store) -> None:
    removal.remove(store, schema.epochs, schema.epochs.c.committed_at <= 1)


def ask_the_stream(store: Store) -> None:
    store.transact(lambda connection, _: requests.ask(connection, requests.ARCHIVE_THROUGH, 7))


@pytest.mark.parametrize("write", [take_a_lease, commit_an_epoch, remove_rows, ask_the_stream])
@pytest.mark.parametrize("last_step", ["begun", "marked"])
def test_who_opened_the_store_before_it_was_moved_writes_nothing_to_it(
    file: SqliteFile, opened_before: Store, databases: Databases, write: Callable[[Store], None], last_step: str
) -> None:
    with pytest.raises(PowerCut):
        move(file, databases.blank(), cut_at(last_step))
    before = file.path.read_bytes()
    for _ in range(2):
        with pytest.raises(StoreError, match=IS_AWAY):
            write(opened_before)
    assert file.path.read_bytes() == before
    assert opened_before.look(epochs.last_epoch) == 1


def test_the_holder_of_a_lease_that_ran_out_while_it_slept_commits_nothing_to_what_was_moved(
    file: SqliteFile, opened_before: Store, databases: Databases
) -> None:
    token = leases.take(opened_before, leases.PIPELINE, lambda: 0, TTL)
    move(file, databases.blank())
    with pytest.raises(StoreError, match=IS_AWAY), opened_before.begin() as connection:
        leases.renew(connection, leases.PIPELINE, token, wall_clock(), TTL)
        epochs.claim(connection, 2, "settings", 1, [])
    assert opened_before.look(epochs.last_epoch) == 1


def test_who_opened_the_store_before_a_move_that_failed_goes_on(
    file: SqliteFile, opened_before: Store, databases: Databases
) -> None:
    address = databases.blank()

    def taken(step: str) -> None:
        if step == "begun":
            with closing(open_store(PostgresDatabase(address), create=False)) as other, other.begin() as connection:
                connection.execute(insert(schema.requests).values(name="theirs", value=1))

    with pytest.raises(StoreError, match="is not empty"):
        move(file, address, taken)
    commit_an_epoch(opened_before)
    assert opened_before.look(epochs.last_epoch) == 2
