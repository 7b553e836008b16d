"""Open the store, and its two kinds of transaction: one that writes, any number that read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine

from clickwatch.errors import StorageError, StoreError
from clickwatch.store import migrations
from clickwatch.store.creation import create_file
from clickwatch.store.failures import DRIVER_ERRORS, REBUILD, explain, explained, lost_writes
from clickwatch.store.sqlite import WRITES, sqlite_engine

_READING = {"yield_per": 1000}


class Store:
    """One database. Threads may share it: each `begin` or `read` has a connection of its own."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self.path = path
        self._readers = engine.execution_options(**_READING)
        self._writers = engine.execution_options(**{WRITES: True})
        self._engine = engine
        self._failure: StorageError | None = None

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One write transaction: all of it is on disk when the block ends, or nothing of it if it raises.

        Waits 10 s for another writer, then raises StoreError; StoreError too if the file is damaged, StorageError
        if the disk refuses. After a failed write or sync the store refuses to write at all: what the system has
        dropped from its cache cannot be known.
        """
        if self._failure is not None:
            raise self._failure
        try:
            with self._writers.begin() as connection:
                yield connection
        except DRIVER_ERRORS as error:
            known = explain(error, self.path)
            if known is None:
                raise
            if isinstance(known, StorageError) and lost_writes(error):
                self._failure = known
            raise known from error

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot, taken at the first statement: never waits for the writer or holds it up; nothing is written.

        Rows come in blocks of 1,000. Raises StoreError if the file is damaged, StorageError if the disk refuses.
        """
        try:
            with self._readers.connect() as connection:
                yield connection
        except DRIVER_ERRORS as error:  # and no other: what the block does with the rows is not the store's
            known = explain(error, self.path)
            if known is None:
                raise
            raise known from error

    def close(self) -> None:
        """Give back files and connections."""
        with explained(self.path):
            self._engine.dispose()


def open_store(path: Path, *, create: bool) -> Store:
    """The store in the file at `path`; `create` makes it if there is none and brings an older one to this version.

    Raises StoreError if there is none (without `create`), or it is damaged, of a newer version, or of an older one
    (without `create`); StorageError if the file system refuses.
    """
    path = path.absolute()
    with explained(path):
        if not _is_there(path):
            if not create:
                problem = f"Nothing has been streamed yet: there is no store {path}"
                raise StoreError(problem, "Run `clickwatch stream` first, or set CLICKWATCH_HOME")
            create_file(path, _fill)
    store = Store(sqlite_engine(path), path)
    try:
        _bring_to_head(store, migrate=create)
    except BaseException:
        store.close()
        raise
    return store


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        return False
    return True


def _fill(draft: Path) -> None:
    store = Store(sqlite_engine(draft), draft)
    try:
        with store.begin() as connection:
            migrations.upgrade(connection)
    finally:
        store.close()


def _bring_to_head(store: Store, *, migrate: bool) -> None:
    with store.read() as connection:
        revision = migrations.revision(connection)
    if revision == migrations.HEAD:
        return
    if revision is None:
        raise StoreError(f"The store {store.path} is damaged (it has no tables of clickwatch)", REBUILD)
    if revision not in migrations.REVISIONS:
        problem = f"The store {store.path} was written by a newer clickwatch (schema {revision})"
        raise StoreError(problem, "Upgrade clickwatch")
    if not migrate:
        raise StoreError(f"The store {store.path} was written by an older clickwatch", "Run `clickwatch stream` once")
    with store.begin() as connection:
        migrations.upgrade(connection)
