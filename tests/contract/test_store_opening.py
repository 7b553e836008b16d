"""Opening a store: what is made, what is refused, and in which words."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from clickwatch.errors import StorageError, StoreError
from clickwatch.store import epochs, migrations, windows
from clickwatch.store.database import Store, open_store
from clickwatch.store.schema import metadata
from clickwatch.store.sqlite import WRITES, sqlite_engine
from tests.support import stores as fixtures
from tests.support.processes import child
from tests.support.store_children import open_and_count
from tests.support.stores import window_deltas

store, stores = fixtures.store, fixtures.stores
PAGE = 4096
FIRST_WINDOW = (
    "insert into windows (window_start, product_id, window_end, category, category_time, view_count, cart_count,"
    " purchase_count, status, epoch) values (0, 'A', 600, 'tvs', 5, 3, 0, 0, 'closed', 1)"
)
"""A row that every version of the schema takes."""


def fill(stores: fixtures.Stores) -> None:
    """Some hundred pages of windows, all of them in the file itself."""
    with stores.open().begin() as c:
        windows.add(c, 1, window_deltas([(i, f"PROD_{i}", "category", 1, 1, 0, 0) for i in range(5000)]), now=0)
    stores.close()


def read_all(path: Path) -> int:
    store = open_store(path, create=False)
    try:
        with store.read() as c:
            return sum(1 for _ in windows.list_windows(c))
    finally:
        store.close()


def test_the_migrated_schema_is_the_stated_one(store: Store) -> None:
    with store.read() as c:
        assert compare_metadata(MigrationContext.configure(c, opts={"compare_type": True}), metadata) == []


def test_the_stated_constraints_are_in_the_migrations(store: Store) -> None:
    with store.read() as c:
        made = "\n".join(c.execute(text("select sql from sqlite_master where type = 'table'")).scalars())
    stated = [k.name for table in metadata.tables.values() for k in table.constraints if k.name]
    assert len(stated) >= 7
    assert [name for name in stated if f"CONSTRAINT {name} CHECK" not in made] == []


def test_the_stated_revisions_are_those_of_the_scripts() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert tuple(s.revision for s in reversed(list(scripts.walk_revisions()))) == migrations.REVISIONS


def test_an_up_to_date_store_opens_without_alembic(stores: fixtures.Stores) -> None:
    stores.open()
    code = (
        "import sys, pathlib; from clickwatch.store.database import open_store;"
        "open_store(pathlib.Path(sys.argv[1]), create=True).close(); sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, stores.path], check=True, env={"PYTHONPATH": "src"})


def test_a_new_store_is_its_owners_alone(stores: fixtures.Stores) -> None:
    store = stores.open()
    with store.begin() as c:
        epochs.claim(c, 1, "settings", 1, [])
    assert stores.path.parent.stat().st_mode & 0o777 == 0o700
    assert {p.name: p.stat().st_mode & 0o777 for p in stores.path.parent.iterdir()} == {
        "store.db": 0o600,
        "store.db-wal": 0o600,
        "store.db-shm": 0o600,
    }


def test_a_store_that_was_closed_is_one_file(stores: fixtures.Stores) -> None:
    fill(stores)
    assert [p.name for p in stores.path.parent.iterdir()] == ["store.db"]


def test_without_a_store_the_reader_is_told_to_stream_first(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"Nothing has been streamed yet.*Run `clickwatch stream`"):
        open_store(tmp_path / "none" / "store.db", create=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("create", [False, True])
def test_a_path_below_a_file_is_refused(tmp_path: Path, create: bool) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"store\.db cannot be opened"):
        open_store(tmp_path / "file" / "store.db", create=create)


def test_a_folder_in_the_stores_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.db").mkdir()
    with pytest.raises(StorageError, match="unable to open"):
        open_store(tmp_path / "store.db", create=True)


def test_creators_at_once_share_one_store(stores: fixtures.Stores) -> None:
    with child(open_and_count, stores.path) as (one, to_one), child(open_and_count, stores.path) as (two, to_two):
        assert [to_one.recv(), to_two.recv()] == ["ready", "ready"]
        to_one.send("go")
        to_two.send("go")
        one.join()
        two.join()
        assert [one.exitcode, two.exitcode] == [0, 0]
    with stores.open().read() as c:
        assert epochs.last_epoch(c) == 2


def test_the_draft_of_a_creator_that_crashed_is_no_hindrance(stores: fixtures.Stores) -> None:
    stores.path.parent.mkdir()
    for name in ("store.db.new", "store.db.new-wal"):
        (stores.path.parent / name).write_bytes(b"half a store")
    stores.open()
    assert sorted(p.name for p in stores.path.parent.iterdir() if "new" in p.name) == []


def test_the_side_files_of_a_lost_store_are_not_taken_into_a_new_one(stores: fixtures.Stores) -> None:
    with stores.open().begin() as c:
        epochs.claim(c, 1, "settings", 1, [])
    stores.path.rename(stores.path.with_name("away.db"))
    with pytest.raises(StoreError, match=r"is missing, but store.db-wal and store.db-shm of it"):
        stores.open()


def overwrite(start: int, length: int) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        with path.open("r+b") as file:
            file.seek(start)
            file.write(bytes((i * 197 + 13) % 256 for i in range(length)))

    return damage


def cut(length: int) -> Callable[[Path], None]:
    return lambda path: os.truncate(path, length)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(overwrite(0, 100), id="header"),
        pytest.param(overwrite(0, PAGE), id="first page"),
        pytest.param(overwrite(60 * PAGE, 5 * PAGE), id="pages in the middle"),
        pytest.param(cut(60 * PAGE), id="half of it gone"),
        pytest.param(cut(100), id="all but the header gone"),
        pytest.param(cut(0), id="emptied"),
        pytest.param(lambda path: path.write_bytes(b"hello" * 1000), id="another file"),
    ],
)
def test_a_damaged_store_is_named_and_never_read(stores: fixtures.Stores, damage: Callable[[Path], None]) -> None:
    fill(stores)
    assert read_all(stores.path) == 5000
    damage(stores.path)
    with pytest.raises(StoreError, match=r"store\.db is damaged.*Restore it from a copy, or move it"):
        read_all(stores.path)


def test_a_store_of_a_newer_version_is_refused(stores: fixtures.Stores) -> None:
    with stores.open().begin() as c:
        c.execute(text("update alembic_version set version_num = '9999'"))
    for create in (False, True):
        with pytest.raises(StoreError, match=r"written by a newer clickwatch \(schema 9999\)\. Upgrade"):
            open_store(stores.path, create=create)


@pytest.mark.parametrize("revision", migrations.REVISIONS[:-1])
def test_a_store_of_an_older_version_is_brought_up_with_what_it_holds(tmp_path: Path, revision: str) -> None:
    path = tmp_path / "store.db"
    path.touch(0o600)
    engine = sqlite_engine(path)
    with engine.execution_options(**{WRITES: True}).begin() as c:
        migrations.upgrade(c, revision)
        c.execute(text(FIRST_WINDOW))
    engine.dispose()
    with pytest.raises(StoreError, match=r"written by an older clickwatch. Run `clickwatch stream` once"):
        open_store(path, create=False)
    open_store(path, create=True).close()
    assert read_all(path) == 1


def test_a_store_of_an_older_version_is_for_the_stream_to_bring_up(
    stores: fixtures.Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(stores)
    monkeypatch.setattr(migrations, "REVISIONS", (*migrations.REVISIONS, "later"))
    monkeypatch.setattr(migrations, "HEAD", "later")
    with pytest.raises(StoreError, match=r"written by an older clickwatch. Run `clickwatch stream` once"):
        open_store(stores.path, create=False)
    with stores.open().read() as c:
        assert sum(1 for _ in windows.list_windows(c)) == 5000
