"""What other processes do to a store in the tests; each is the target of a spawned process."""

import resource
from multiprocessing.connection import Connection
from pathlib import Path

from clickwatch.errors import ClickwatchError
from clickwatch.store import epochs, windows
from clickwatch.store.backend import Backend
from clickwatch.store.opening import open_store
from clickwatch.store.sqlite.file import SqliteFile
from tests.support.stores import window_deltas


def stop_within_a_transaction(backend: Backend, said: Connection) -> None:
    """Write an epoch large enough to reach the file before its commit, say so, and wait to be killed."""
    store = open_store(backend, create=True)
    with store.begin() as connection:
        epochs.claim(connection, epochs.last_epoch(connection) + 1, "settings", 1, [])
        if isinstance(backend, SqliteFile):
            connection.exec_driver_sql("PRAGMA cache_size = 10")
        windows.add(connection, 1, window_deltas([(i, "P", "c", 1, 1, 0, 0) for i in range(20_000)]), now=0)
        said.send("written")
        said.recv()


def fill_the_disk(path: Path, said: Connection) -> None:
    """Commit epochs under a limit on file sizes until one is refused; then again without the limit."""
    store = open_store(SqliteFile(path), create=True)
    _, highest = resource.getrlimit(resource.RLIMIT_FSIZE)
    committed = 0
    for limit in (600_000, highest):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, highest))
        try:
            while committed < 100:
                with store.begin() as connection:
                    epochs.claim(connection, committed + 1, "settings", 1, [])
                    rows = [(1000 * committed + i, "P", "c", 1, 1, 0, 0) for i in range(1000)]
                    windows.add(connection, committed + 1, window_deltas(rows), now=0)
                committed += 1
        except ClickwatchError as error:
            said.send((type(error).__name__, str(error), committed))


def open_and_count(backend: Backend, said: Connection) -> None:
    """Open or make the store when told to, and add one epoch to whatever is there."""
    said.send("ready")
    said.recv()
    store = open_store(backend, create=True)
    with store.begin() as connection:
        epochs.claim(connection, epochs.last_epoch(connection) + 1, "settings", 1, [])
    store.close()
