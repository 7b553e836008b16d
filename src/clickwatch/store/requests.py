"""What other processes want of the running stream; the greatest value that was asked for counts."""

from sqlalchemy import Connection, case, select

from clickwatch.store.schema import requests
from clickwatch.store.upsert import insert_into

ARCHIVE_THROUGH = "archive_through"
"""The epoch that the archive is wanted to reach soon."""


def ask(connection: Connection, name: str, value: int) -> None:
    """Ask for at least `value`."""
    statement = insert_into(connection.dialect.name, requests)
    greatest = case((statement.excluded.value > requests.c.value, statement.excluded.value), else_=requests.c.value)
    asked = statement.on_conflict_do_update(index_elements=[requests.c.name], set_={"value": greatest})
    connection.execute(asked, {"name": name, "value": value})


def asked(connection: Connection, name: str) -> int:
    """The greatest value that was asked for, 0 for none."""
    return connection.execute(select(requests.c.value).where(requests.c.name == name)).scalar() or 0
