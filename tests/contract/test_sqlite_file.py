"""The store as a file: how it is made, what is refused, and in which words."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from clickwatch.errors import StorageError, StoreError
from clickwatch.store import epochs, windows
from clickwatch.store.opening import open_store
from clickwatch.store.sqlite.file import SqliteFile
from tests.support import stores as fixtures
from tests.support.stores import window_deltas

file_stores = fixtures.file_stores
PAGE = 4096


def fill(file_stores: fixtures.StoresInAFile) -> None:
    """Some hundred pages of windows, all of them in the file itself."""
    with file_stores.open().begin() as c:
        windows.add(c, 1, window_deltas([(i, f"PROD_{i}", "category", 1, 1, 0, 0) for i in range(5000)]), now=0)
    file_stores.close()


def read_all(path: Path) -> int:
    store = open_store(SqliteFile(path), create=False)
    try:
        with store.read() as c:
            return sum(1 for _ in windows.list_windows(c))
    finally:
        store.close()


def test_a_new_store_is_its_owners_alone(file_stores: fixtures.StoresInAFile) -> None:
    store = file_stores.open()
    with store.begin() as c:
        epochs.claim(c, 1, "settings", 1, [])
    assert file_stores.path.parent.stat().st_mode & 0o777 == 0o700
    assert {p.name: p.stat().st_mode & 0o777 for p in file_stores.path.parent.iterdir()} == {
        "store.db": 0o600,
        "store.db-wal": 0o600,
        "store.db-shm": 0o600,
    }


def test_a_store_that_was_closed_is_one_file(file_stores: fixtures.StoresInAFile) -> None:
    fill(file_stores)
    assert [p.name for p in file_stores.path.parent.iterdir()] == ["store.db"]


def test_without_a_store_the_reader_is_told_to_stream_first(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"Nothing has been streamed yet.*Run `clickwatch stream`"):
        open_store(SqliteFile(tmp_path / "none" / "store.db"), create=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("create", [False, True])
def test_a_path_below_a_file_is_refused(tmp_path: Path, create: bool) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"store\.db cannot be opened"):
        open_store(SqliteFile(tmp_path / "file" / "store.db"), create=create)


def test_a_folder_in_the_stores_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.db").mkdir()
    with pytest.raises(StorageError, match="unable to open"):
        open_store(SqliteFile(tmp_path / "store.db"), create=True)


def test_the_draft_of_a_creator_that_crashed_is_no_hindrance(file_stores: fixtures.StoresInAFile) -> None:
    file_stores.path.parent.mkdir()
    for name in ("store.db.new", "store.db.new-wal"):
        (file_stores.path.parent / name).write_bytes(b"half a store")
    file_stores.open()
    assert sorted(p.name for p in file_stores.path.parent.iterdir() if "new" in p.name) == []


def test_the_side_files_of_a_lost_store_are_not_taken_into_a_new_one(file_stores: fixtures.StoresInAFile) -> None:
    with file_stores.open().begin() as c:
        epochs.claim(c, 1, "settings", 1, [])
    file_stores.path.rename(file_stores.path.with_name("away.db"))
    with pytest.raises(StoreError, match=r"is missing, but store.db-wal and store.db-shm of it"):
        file_stores.open()


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
def test_a_damaged_store_is_named_and_never_read(
    file_stores: fixtures.StoresInAFile, damage: Callable[[Path], None]
) -> None:
    fill(file_stores)
    assert read_all(file_stores.path) == 5000
    damage(file_stores.path)
    with pytest.raises(StoreError, match=r"store\.db is damaged.*Restore it from a copy, or move it"):
        read_all(file_stores.path)
