"""The store as a database of a PostgreSQL server, which any number of machines may use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.pool import QueuePool

from clickwatch.errors import ClickwatchError, MissingExtra, StoreError
from clickwatch.store.backend import WRITES, Fill
from clickwatch.store.postgres import failures
from clickwatch.store.postgres.address import described

_DRIVER = "postgresql+psycopg"
_CONNECT_SECONDS = 5
_WRITE_LOCK = int.from_bytes(b"clickwat", "big") >> 1
"""The key of the advisory lock, of this database, that a transaction which writes holds."""

# A commit is on the server's disk when it returns, whatever the server's default is. Nobody waits without end for a
# lock, and a client that is gone keeps none: the server finds out by itself, after 25 s or the idle time of a writer,
# before those who wait for the lock give up.
SESSION = {
    "synchronous_commit": "on",
    "lock_timeout": "30s",
    "statement_timeout": "5min",
    "idle_in_transaction_session_timeout": "1h",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
_CONNECTION = {
    "connect_timeout": str(_CONNECT_SECONDS),
    "application_name": "clickwatch",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
}
WRITER = {"idle_in_transaction_session_timeout": "20s"}
_TAKE_WRITE_LOCK = f"pg_advisory_xact_lock({_WRITE_LOCK})"


@dataclass(frozen=True)
class PostgresDatabase:
    """The database at `address`, which may hold a password; see `store.backend.Backend`."""

    address: str = field(repr=False)

    @property
    def name(self) -> str:
        """The database and its server."""
        return described(self.address)

    @property
    def repair(self) -> str:
        """It comes from a backup, or is built again from the log."""
        return failures.REPAIR

    @property
    def reading(self) -> Mapping[str, Any]:
        """One snapshot for all statements; PostgreSQL itself refuses to write then."""
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    @property
    def writing(self) -> Mapping[str, Any]:
        """Each statement sees what was committed before it, and under the write lock nobody else commits."""
        return {"isolation_level": "READ COMMITTED", WRITES: True}

    def engine(self) -> Engine:
        """Connections that are tried before each use. Raises MissingExtra without the driver."""
        url = make_url(self.address).set(drivername=_DRIVER)
        given = {name: value if isinstance(value, str) else ",".join(value) for name, value in url.query.items()}
        arguments = {**_CONNECTION, **given}
        try:
            engine = create_engine(
                url.set(query={}), connect_args=arguments, poolclass=QueuePool, max_overflow=-1, pool_pre_ping=True
            )
        except ImportError as error:
            cure = "Install the extra: pip install 'clickwatch[postgres]'"
            raise MissingExtra("DATABASE_URL names PostgreSQL, whose driver is not installed", cure) from error
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
        return engine

    def is_there(self, engine: Engine) -> bool:
        """Whether tables of clickwatch, or of whoever keeps their version in the same way, have been made."""
        with engine.connect() as connection:
            return inspect(connection).has_table("alembic_version")

    def create(self, engine: Engine, fill: Fill) -> None:
        """Under the write lock, by one of several openers."""
        with engine.execution_options(**self.writing).begin() as connection:
            if not inspect(connection).has_table("alembic_version"):
                self._check_encoding(connection)
                fill(connection)

    def explain(self, error: Exception, *, has_answered: bool) -> ClickwatchError | None:
        """What SQLSTATE or libpq say."""
        return failures.explain(error, self.name, has_answered=has_answered)

    def lost_writes(self, error: Exception) -> bool:
        """Never: the server itself stops at a failed sync, and recovers from its own log."""
        return False

    def _check_encoding(self, connection: Connection) -> None:
        encoding = connection.exec_driver_sql("show server_encoding").scalar_one()
        if encoding != "UTF8":
            problem = f"The database {self.name} is encoded as {encoding}, which does not take every name"
            raise StoreError(
                problem, "Make one for clickwatch with: createdb --encoding=UTF8 --template=template0 NAME"
            )


def _set_up(session: Any, _record: Any) -> None:
    """By statement, not with the connection's start: a pooler between passes statements on, and those options not."""
    session.autocommit = True
    session.execute(f"select {_setting(SESSION, 'false')}")
    session.autocommit = False


def _begin(connection: Connection) -> None:
    # One writer at a time, as in SQLite: what the repositories rely on holds for both.
    if connection.get_execution_options().get(WRITES, False):
        connection.exec_driver_sql(f"select {_setting(WRITER, 'true')}, {_TAKE_WRITE_LOCK}")


def _setting(values: Mapping[str, str], in_transaction: str) -> str:
    return ", ".join(f"set_config('{name}', '{value}', {in_transaction})" for name, value in values.items())
