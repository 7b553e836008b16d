"""The store, and its two kinds of transaction: one that writes, any number that read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from clickwatch.errors import StorageError, StoreAway
from clickwatch.store.backend import Backend
from clickwatch.store.waiting import Outages, Patience

_IN_BLOCKS = {"yield_per": 1000}
_T = TypeVar("_T")
Admission = Callable[[Connection], None]


class Store:
    """One database. Threads may share it: each `begin` or `read` has a connection of its own."""

    def __init__(self, backend: Backend, patience: Patience | None = None, admit: Admission | None = None) -> None:
        """Nothing is connected yet. `patience`: how long its methods wait for a server that is away.

        `admit` is asked in each transaction that writes, before anything else, and may refuse it.
        """
        self.backend = backend
        self._admit = admit or (lambda connection: None)
        self.engine = backend.engine()
        self._readers = self.engine.execution_options(**_IN_BLOCKS, **backend.reading)
        self._writers = self.engine.execution_options(**backend.writing)
        self._outages = Outages(backend.name, patience or Patience())
        self._failure: StorageError | None = None

    @property
    def name(self) -> str:
        """Which store it is, for people."""
        return self.backend.name

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One write transaction: all of it is durable when the block ends, or nothing of it if it raises.

        Waits for another writer, 10 s on SQLite and 30 s on PostgreSQL, then raises StoreError; StoreError too if the
        store is damaged, was moved or stays away, StorageError if the disk refuses, StoreAway if the connection is
        lost on the way: whether it was committed is not known then. After a failed write or sync the store refuses to
        write at all: what the system has dropped from its cache cannot be known.
        """
        if self._failure is not None:
            raise self._failure
        try:
            with self._explained(), self._begun(self._writers) as connection:
                self._admit(connection)
                yield connection
                connection.commit()
        except StorageError as error:
            if isinstance(error.__cause__, DBAPIError) and self.backend.lost_writes(error.__cause__):
                self._failure = error
            raise

    def transact(self, work: Callable[[Connection, bool], _T]) -> _T:
        """What `work` gives, in a write transaction; it runs once more if the connection is lost on the way.

        It is told then that it may have been committed already, and has to find out. Raises as `begin` does, but
        StoreAway.
        """
        waiting, again = self._outages.begin(), False
        while True:
            try:
                with self.begin() as connection:
                    return work(connection, again)
            except StoreAway as away:
                again = True
                waiting.failed(away)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot, taken at the first statement: never waits for the writer or holds it up; nothing is written.

        Rows come in blocks of 1,000. Raises StoreError if the store is damaged or stays away, StoreAway if the
        connection is lost on the way, StorageError if the disk refuses.
        """
        with self._explained(), self._begun(self._readers) as connection:
            yield connection

    def look(self, work: Callable[[Connection], _T]) -> _T:
        """What `work` reads of one snapshot; it runs once more if the connection is lost on the way."""
        waiting = self._outages.begin()
        while True:
            try:
                with self.read() as connection:
                    return work(connection)
            except StoreAway as away:
                waiting.failed(away)

    def reach(self, work: Callable[[Engine], _T]) -> _T:
        """What `work` gives, once the server answers. Raises StoreError, StorageError."""
        waiting = self._outages.begin()
        while True:
            try:
                with self._explained(OSError):
                    answer = work(self.engine)
            except StoreAway as away:
                waiting.failed(away)
            else:
                waiting.over()
                return answer

    def close(self) -> None:
        """Give back files and connections."""
        with self._explained(OSError):
            self.engine.dispose()

    def _begun(self, engine: Engine) -> Connection:
        """A connection in a transaction that has begun: until then, nothing is lost by trying again."""
        return self.reach(lambda _: _in_transaction(engine))

    @contextmanager
    def _explained(self, *others: type[Exception]) -> Iterator[None]:
        """Turn the driver's errors into such as an operator can act on; what else a block raises is its own.

        So are the errors of another database that it works with.
        """
        try:
            yield
        except Exception as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            if not isinstance(cause, (self.engine.dialect.loaded_dbapi.Error, *others)):
                raise
            known = self.backend.explain(error, has_answered=self._outages.has_answered)
            if known is None:
                raise
            raise known from error


def _in_transaction(engine: Engine) -> Connection:
    connection = engine.connect()
    try:
        connection.begin()
    except BaseException:
        connection.close()
        raise
    return connection
