"""The two kinds of transaction: all or nothing for the writer, a snapshot for readers."""

from contextlib import suppress

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from clickwatch.errors import SourceError, StoreError
from clickwatch.store import epochs, windows
from clickwatch.store.database import Store
from clickwatch.store.opening import open_store
from clickwatch.store.postgres import database
from clickwatch.store.postgres.database import PostgresDatabase
from clickwatch.store.sqlite import connections
from clickwatch.store.sqlite.file import SqliteFile
from tests.support import stores as fixtures
from tests.support.databases import Databases
from tests.support.processes import child
from tests.support.store_children import fill_the_disk, stop_within_a_transaction
from tests.support.stores import window_deltas

store, stores, file_stores = fixtures.store, fixtures.stores, fixtures.file_stores


def commit(store: Store, number: int) -> None:
    with store.begin() as c:
        epochs.claim(c, number, "settings", 1, [])


def test_what_raises_inside_leaves_nothing_and_comes_out_as_it_is(store: Store) -> None:
    with pytest.raises(SourceError), store.begin() as c:
        epochs.claim(c, 1, "settings", 1, [])
        raise SourceError("A row cannot be read")
    commit(store, 1)


def test_another_database_s_error_is_not_explained_as_the_store_s_own(store: Store, databases: Databases) -> None:
    others = [create_engine("sqlite://"), PostgresDatabase(databases.blank()).engine()]
    for engine in others:
        if engine.dialect.name != store.engine.dialect.name:
            with pytest.raises(DBAPIError, match="nowhere"), store.begin(), engine.connect() as other:
                other.execute(text("select * from nowhere"))
        engine.dispose()
    commit(store, 1)


def test_nothing_is_left_of_a_transaction_that_was_killed(stores: fixtures.Stores) -> None:
    commit(stores.open(), 1)
    stores.close()
    with child(stop_within_a_transaction, stores.backend) as (process, said):
        assert said.recv() == "written"
        if isinstance(stores.backend, SqliteFile):
            assert stores.backend.path.with_name("store.db-wal").stat().st_size > 1_000_000
        process.kill()
        process.join()
    store = stores.open()
    with store.read() as c:
        assert epochs.last_epoch(c) == 1
        assert list(windows.list_windows(c)) == []
    commit(store, 2)


def test_readers_keep_their_snapshot_and_do_not_wait_for_the_writer(store: Store) -> None:
    commit(store, 1)
    with store.read() as before:
        assert epochs.last_epoch(before) == 1
        with store.begin() as c:
            epochs.claim(c, 2, "settings", 1, [])
            with store.read() as during:
                assert epochs.last_epoch(during) == 1
        assert epochs.last_epoch(before) == 1
    with store.read() as after:
        assert epochs.last_epoch(after) == 2


def test_what_a_read_writes_is_not_kept(store: Store) -> None:
    with suppress(DBAPIError), store.read() as c:  # PostgreSQL refuses it at once
        epochs.claim(c, 1, "settings", 1, [])
    with store.read() as c:
        assert epochs.last_epoch(c) == 0


def test_a_second_writer_waits_and_is_told_what_holds_it(
    stores: fixtures.Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BUSY_TIMEOUT_SECONDS", 0.05)
    monkeypatch.setitem(database.SESSION, "lock_timeout", "50ms")
    first, second = stores.open(), stores.open()
    with first.begin(), pytest.raises(StoreError, match="Another process keeps the store"):
        commit(second, 1)
    commit(second, 1)


def test_a_full_disk_is_said_and_what_was_committed_is_kept(file_stores: fixtures.StoresInAFile) -> None:
    with child(fill_the_disk, file_stores.path) as (_, said):
        name, line, committed = said.recv()
        assert name == "StorageError"
        assert "cannot be read or written" in line and "Check the disk" in line
        assert said.recv() == (name, line, committed), "after a failed write the store must not go on"
    assert committed > 0
    store = open_store(SqliteFile(file_stores.path), create=False)
    with store.read() as c:
        assert epochs.last_epoch(c) == committed
        assert sum(1 for _ in windows.list_windows(c)) == 1000 * committed
    store.close()


def test_a_file_deleted_under_a_list_does_not_stop_the_list(file_stores: fixtures.StoresInAFile) -> None:
    store = file_stores.open()
    with store.begin() as c:
        windows.add(c, 1, window_deltas([(i, "A", "c", 1, 1, 0, 0) for i in range(3000)]), now=0)
    with store.read() as c:
        rows = windows.list_windows(c)
        next(rows)
        file_stores.path.unlink()
        assert sum(1 for _ in rows) == 2999
