"""Opening a store, on every database: what is made, what is refused, and in which words."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Connection, inspect, text

from clickwatch.errors import NothingStreamed, StoreError
from clickwatch.store import epochs, migrations, windows
from clickwatch.store.backend import Backend
from clickwatch.store.database import Store
from clickwatch.store.opening import open_store
from clickwatch.store.postgres.database import PostgresDatabase
from clickwatch.store.schema import metadata
from clickwatch.store.sqlite.file import SqliteFile
from tests.support import stores as fixtures
from tests.support.databases import Databases
from tests.support.processes import child
from tests.support.store_children import open_and_count
from tests.support.stores import window_deltas

store, stores, file_stores = fixtures.store, fixtures.stores, fixtures.file_stores
FIRST_WINDOW = (
    "insert into windows (window_start, product_id, window_end, category, category_time, view_count, cart_count,"
    " purchase_count, status, epoch) values (0, 'A', 600, 'tvs', 5, 3, 0, 0, 'closed', 1)"
)
"""A row that every version of the schema takes."""
OLDER = r"written by an older clickwatch. Run `clickwatch stream` once"


@pytest.fixture(params=["sqlite", "postgres"])
def nowhere(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    """A place where no store has been made yet."""
    if request.param == "sqlite":
        return SqliteFile(tmp_path / "none" / "store.db")
    databases: Databases = request.getfixturevalue("databases")
    return PostgresDatabase(databases.empty())


def rows_of(backend: Backend) -> int:
    store = open_store(backend, create=False)
    try:
        with store.read() as c:
            return sum(1 for _ in windows.list_windows(c))
    finally:
        store.close()


def test_the_migrated_schema_is_the_stated_one(store: Store) -> None:
    with store.read() as c:
        assert compare_metadata(MigrationContext.configure(c, opts={"compare_type": True}), metadata) == []


def test_the_stated_constraints_are_in_the_migrations(store: Store) -> None:
    stated = {
        str(each.name)
        for table in metadata.tables.values()
        for each in table.constraints
        if isinstance(each, CheckConstraint)
    }
    with store.read() as c:
        looked = inspect(c)
        made = {each["name"] for table in looked.get_table_names() for each in looked.get_check_constraints(table)}
    assert len(stated) >= 7
    assert made == stated


def test_the_stated_revisions_are_those_of_the_scripts() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert tuple(s.revision for s in reversed(list(scripts.walk_revisions()))) == migrations.REVISIONS


def test_an_up_to_date_store_opens_without_alembic_and_without_the_other_s_driver(
    file_stores: fixtures.StoresInAFile,
) -> None:
    file_stores.open()
    code = (
        "import sys, pathlib; from clickwatch.store.opening import open_store;"
        "from clickwatch.store.sqlite.file import SqliteFile;"
        "from clickwatch.wiring import stores;"
        "open_store(SqliteFile(pathlib.Path(sys.argv[1])), create=True).close();"
        "sys.exit(len({'alembic', 'psycopg'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code, file_stores.path], check=True, env={"PYTHONPATH": "src"})


def test_without_a_store_the_reader_is_told_to_stream_first_and_nothing_is_made(nowhere: Backend) -> None:
    for _ in range(2):
        with pytest.raises(NothingStreamed, match=r"Nothing has been streamed yet.*Run `clickwatch stream`"):
            open_store(nowhere, create=False)


def test_a_store_is_made_where_there_is_none(nowhere: Backend) -> None:
    open_store(nowhere, create=True).close()
    assert rows_of(nowhere) == 0


def test_creators_at_once_share_one_store(nowhere: Backend) -> None:
    with child(open_and_count, nowhere) as (one, to_one), child(open_and_count, nowhere) as (two, to_two):
        assert [to_one.recv(), to_two.recv()] == ["ready", "ready"]
        to_one.send("go")
        to_two.send("go")
        one.join()
        two.join()
        assert [one.exitcode, two.exitcode] == [0, 0]
    store = open_store(nowhere, create=False)
    with store.read() as c:
        assert epochs.last_epoch(c) == 2
    store.close()


def test_a_store_of_a_newer_version_is_refused(stores: fixtures.Stores) -> None:
    with stores.open().begin() as c:
        c.execute(text("update alembic_version set version_num = '9999'"))
    for create in (False, True):
        with pytest.raises(StoreError, match=r"written by a newer clickwatch \(schema 9999\)\. Upgrade"):
            open_store(stores.backend, create=create)


@pytest.mark.parametrize("revision", migrations.REVISIONS[:-1])
def test_a_store_of_an_older_version_is_brought_up_with_what_it_holds(nowhere: Backend, revision: str) -> None:
    engine = nowhere.engine()

    def as_then(c: Connection) -> None:
        migrations.upgrade(c, revision)
        c.execute(text(FIRST_WINDOW))

    nowhere.create(engine, as_then)
    engine.dispose()
    with pytest.raises(StoreError, match=OLDER):
        open_store(nowhere, create=False)
    open_store(nowhere, create=True).close()
    assert rows_of(nowhere) == 1


def test_a_store_of_an_older_version_is_for_the_stream_to_bring_up(
    stores: fixtures.Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stores.open().begin() as c:
        windows.add(c, 1, window_deltas([(i, "A", "c", 1, 1, 0, 0) for i in range(100)]), now=0)
    stores.close()
    monkeypatch.setattr(migrations, "REVISIONS", (*migrations.REVISIONS, "later"))
    monkeypatch.setattr(migrations, "HEAD", "later")
    with pytest.raises(StoreError, match=OLDER):
        open_store(stores.backend, create=False)
    with stores.open().read() as c:
        assert sum(1 for _ in windows.list_windows(c)) == 100
