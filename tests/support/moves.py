"""Moves of small stores from a file to PostgreSQL, cut off where a test wants it."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, func, select

from clickwatch.store import epochs, migrations, requests, schema
from clickwatch.store.database import Store
from clickwatch.store.moving import Move
from clickwatch.store.opening import open_store
from clickwatch.store.postgres.database import PostgresDatabase
from clickwatch.store.sqlite.file import SqliteFile
from clickwatch.wiring.log import wall_clock


class PowerCut(BaseException):
    """Stands for the end of the process."""


def store_file(folder: Path) -> SqliteFile:
    """A store with one epoch and one request."""
    place = SqliteFile(folder / "store.sqlite")
    with closing(open_store(place, create=True)) as store, store.begin() as connection:
        epochs.claim(connection, 1, "settings", 1, [])
        requests.ask(connection, requests.ARCHIVE_THROUGH, 1)
    return place


def move(file: SqliteFile, address: str, on_step: Callable[[str], None] = lambda step: None) -> int:
    """Move a file's store to the database at `address`."""
    with closing(open_store(PostgresDatabase(address), create=True)) as target:
        return Move(file, target, wall_clock, on_step).run()


def cut_at(last: str) -> Callable[[str], None]:
    """Ends the move at a step."""

    def cut(step: str) -> None:
        if step == last:
            raise PowerCut

    return cut


def standing(file: SqliteFile) -> str | None:
    """What a file says of itself: a revision, or a mark."""
    with closing(Store(file)) as store:
        return store.look(migrations.revision)


def moved_rows(address: str) -> int:
    """How many rows are in a database, but for the note of the move that brought them."""

    def count(connection: Connection) -> int:
        tables = [table for table in schema.metadata.sorted_tables if table is not schema.moves]
        return sum(connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)

    with closing(open_store(PostgresDatabase(address), create=False)) as store:
        return store.look(count)
