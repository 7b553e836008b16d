"""Rows that go: counted, and removed a few thousand at a time, so that nobody waits long for the write lock."""

from sqlalchemy import ColumnElement, Connection, Table, delete, func, select, tuple_

ROWS_AT_ONCE = 4000
"""Rows of one transaction."""


def count(connection: Connection, table: Table, which: ColumnElement[bool]) -> int:
    """How many rows of a table these are."""
    return connection.execute(select(func.count()).select_from(table).where(which)).scalar_one()


def remove_some(connection: Connection, table: Table, which: ColumnElement[bool]) -> int:
    """Remove at most ROWS_AT_ONCE of these rows; how many they were."""
    keys = list(table.primary_key)
    some = select(*keys).where(which).limit(ROWS_AT_ONCE)
    chosen = tuple_(*keys).in_(some) if len(keys) > 1 else keys[0].in_(some)
    return connection.execute(delete(table).where(chosen)).rowcount
