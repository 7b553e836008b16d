"""`clickwatch store move` from a file that cannot be read, or to a database that refuses: both stay as they were."""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError

from clickwatch.errors import StorageError, StoreError
from clickwatch.store import migrations, schema
from clickwatch.store.migrations import MOVED, moving
from clickwatch.store.opening import open_store
from clickwatch.store.sqlite.file import SqliteFile
from clickwatch.store.upsert import write_columns
from tests.support.databases import Databases
from tests.support.moves import move, moved_rows, standing, store_file

PAGE = 4096
ROWS = 5000


@pytest.fixture
def file(tmp_path: Path) -> SqliteFile:
    """A store with some hundred pages of refused records, all in the file itself."""
    place = store_file(tmp_path)
    columns: dict[str, list[object]] = {
        "partition": [0] * ROWS,
        "offset": list(range(ROWS)),
        "epoch": [1] * ROWS,
        "log_time": [1] * ROWS,
        "reason": ["not_json"] * ROWS,
        "length": [9] * ROWS,
        "sha256": [None] * ROWS,
        "raw": [b"x" * 200] * ROWS,
    }
    with closing(open_store(place, create=True)) as store, store.begin() as connection:
        write_columns(connection, insert(schema.quarantine), columns)
    return place


def assert_as_it_was(file: SqliteFile, address: str) -> None:
    assert standing(file) == migrations.HEAD
    assert moved_rows(address) == 0
    with closing(open_store(file, create=False)) as store, store.begin() as connection:
        assert connection.execute(schema.moves.select()).all() == []


def test_a_damaged_page_is_the_file_s_and_nothing_is_moved(file: SqliteFile, databases: Databases) -> None:
    address = databases.blank()
    with file.path.open("r+b") as opened:
        opened.seek(file.path.stat().st_size // PAGE // 2 * PAGE)
        opened.write(b"\xff" * PAGE)
    with pytest.raises(StoreError, match=r"The store .*store\.sqlite is damaged \(database disk image is malformed\)"):
        move(file, address)
    assert_as_it_was(file, address)


def test_a_table_that_is_not_there_is_no_silence_of_the_server(file: SqliteFile, databases: Databases) -> None:
    address = databases.blank()
    with closing(sqlite3.connect(file.path)) as opened:
        opened.execute("drop table forwarded")
    with pytest.raises(DBAPIError, match="no such table: forwarded"):
        move(file, address)
    assert_as_it_was(file, address)


@pytest.fixture
def room() -> Iterator[tuple[int, int]]:
    """How large a file may be, now and at most (bytes); afterwards it may be so again."""
    room = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield room
    resource.setrlimit(resource.RLIMIT_FSIZE, room)


def test_a_disk_without_room_for_the_last_mark_leaves_a_move_to_be_finished(
    file: SqliteFile, databases: Databases, room: tuple[int, int]
) -> None:
    address = databases.blank()

    def fill_the_disk(step: str) -> None:
        if step == "copied":
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, room[1]))

    with pytest.raises(StorageError, match=r"The store .*store\.sqlite cannot be read or written"):
        move(file, address, fill_the_disk)
    resource.setrlimit(resource.RLIMIT_FSIZE, room)
    assert standing(file) == moving(migrations.HEAD)
    assert move(file, address) == moved_rows(address) == ROWS + 2
    assert standing(file) == MOVED
