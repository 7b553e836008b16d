"""Databases on the PostgreSQL server that all tests share."""

from functools import cached_property
from itertools import count

from clickwatch.store.opening import open_store
from clickwatch.store.postgres.database import PostgresDatabase
from dev.postgres_server import PostgresServer


class Databases:
    """Makes databases, each with a name of its own; addresses as DATABASE_URL has them."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self._numbers = count(1)

    def empty(self) -> str:
        """A database with nothing in it."""
        return self.server.make_database(f"db_{next(self._numbers)}")

    def blank(self) -> str:
        """A database with the tables of clickwatch and no rows."""
        return self.server.make_database(f"db_{next(self._numbers)}", template=self._template)

    @cached_property
    def _template(self) -> str:
        address = self.server.make_database("blank")
        open_store(PostgresDatabase(address), create=True).close()
        return "blank"
