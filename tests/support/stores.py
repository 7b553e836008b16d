"""A store for every database that the contract is held to: `stores` opens the same one any number of times."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pytest

from clickwatch.store.backend import Backend
from clickwatch.store.database import Store
from clickwatch.store.opening import open_store
from clickwatch.store.postgres.database import PostgresDatabase
from clickwatch.store.sqlite.file import SqliteFile
from tests.support.databases import Databases

Delta = tuple[int, str, str, int | None, int, int, int]
"""Start, product, category, category time, views, carts, purchases."""


@dataclass
class Stores:
    """One database and the stores opened on it, closed at the end of the test."""

    backend: Backend
    opened: list[Store] = field(default_factory=list)

    def open(self) -> Store:
        """Open the database once more, with connections of its own."""
        store = open_store(self.backend, create=True)
        self.opened.append(store)
        return store

    def close(self) -> None:
        """Close every store opened so far: a file is then whole, with nothing beside it."""
        while self.opened:
            self.opened.pop().close()


@dataclass
class StoresInAFile(Stores):
    """A database of SQLite, for what only a file can do or suffer."""

    backend: SqliteFile

    @property
    def path(self) -> Path:
        """The file."""
        return self.backend.path


@pytest.fixture(params=["sqlite", "postgres"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    """A fresh database of each kind."""
    if request.param == "sqlite":
        opened = Stores(SqliteFile(tmp_path / "home" / "store.db"))
    else:
        databases: Databases = request.getfixturevalue("databases")
        opened = Stores(PostgresDatabase(databases.blank()))
    yield opened
    opened.close()


@pytest.fixture
def file_stores(tmp_path: Path) -> Iterator[StoresInAFile]:
    """A fresh file."""
    opened = StoresInAFile(SqliteFile(tmp_path / "home" / "store.db"))
    yield opened
    opened.close()


@pytest.fixture
def store(stores: Stores) -> Store:
    """A fresh database, opened once."""
    return stores.open()


def window_deltas(rows: Sequence[Delta], length: int = 600) -> pa.Table:
    """Deltas of windows as the speed layer hands them over: names dictionary-encoded, times int64."""
    table = hour_deltas(rows).drop_columns("event_count").rename_columns({"hour_start": "window_start"})
    ends = pa.array([row[0] + length for row in rows], pa.int64())
    return table.append_column("window_end", ends)


def hour_deltas(rows: Sequence[Delta]) -> pa.Table:
    """Deltas of the totals by hour."""
    starts, products, categories, times, views, carts, purchases = zip(*rows, strict=True) if rows else [()] * 7
    return pa.table(
        {
            "hour_start": pa.array(starts, pa.int64()),
            "product_id": pa.array(products, pa.string()).dictionary_encode(),
            "category": pa.array(categories, pa.string()).dictionary_encode(),
            "category_time": pa.array(times, pa.int64()),
            "view_count": pa.array(views, pa.int64()),
            "cart_count": pa.array(carts, pa.int64()),
            "purchase_count": pa.array(purchases, pa.int64()),
            "event_count": pa.array([sum(row[4:]) for row in rows], pa.int64()),
        }
    )
