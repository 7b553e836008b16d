"""How each connection to SQLite is set up, and when its transactions begin."""

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from clickwatch.store.backend import WRITES

BUSY_TIMEOUT_SECONDS = 10

# WAL: readers keep their snapshot and never hold the writer up. FULL: a commit is on disk when it returns.
# secure_delete: what retention removes is overwritten, not only unlinked.
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "cell_size_check = ON",
    "secure_delete = ON",
)


def sqlite_engine(path: Path) -> Engine:
    """An engine on an existing file: `mode=rw`, so that no connection ever makes an empty one by mistake."""
    address = f"{path.absolute().as_uri()}?mode=rw"

    def connect() -> sqlite3.Connection:
        # isolation_level None: the driver begins nothing by itself, so that BEGIN below is the only one.
        connection = sqlite3.connect(
            address, uri=True, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False
        )
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, max_overflow=-1)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    # A deferred transaction that reads first and writes later fails at once when another one wrote in between.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
