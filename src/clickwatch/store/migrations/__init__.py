"""The history of the schema: each revision brings a database one step further, inside one transaction.

Comes in: a connection in a write transaction. Goes out: the same database with the tables of `schema.py`.
`versions/` holds one module per revision; Alembic runs them and is imported only when there is something to run.
"""

from sqlalchemy import Connection, column, inspect, select, table, update

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
"""All revisions, oldest first."""
HEAD = REVISIONS[-1]
MOVED = "moved"
"""In place of a revision: the store has gone to another database."""

_MOVING = "moving "
_version = table("alembic_version", column("version_num"))


def revision(connection: Connection) -> str | None:
    """The revision that the database is at; None if it has never been migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return stated(connection)


def stated(connection: Connection) -> str | None:
    """What a database that has been migrated says of itself: its revision, or a mark of a move."""
    return connection.execute(select(_version.c.version_num)).scalar()


def is_clickwatch_s(connection: Connection) -> bool:
    """Whether a database that has been migrated holds tables of clickwatch, of whatever version."""
    return inspect(connection).has_table("epoch_ranges")


def moving(revision: str) -> str:
    """In place of a revision: a store of that revision is on its way to another database."""
    return _MOVING + revision


def moving_from(stated: str | None) -> str | None:
    """The revision of a store that is on its way to another database; None if it is not."""
    return stated[len(_MOVING) :] if stated is not None and stated.startswith(_MOVING) else None


def mark(connection: Connection, before: str, after: str) -> bool:
    """Let the database state a revision or a mark if it stated `before`; whether it did."""
    standing = update(_version).where(_version.c.version_num == before)
    return connection.execute(standing.values(version_num=after)).rowcount == 1


def upgrade(connection: Connection, target: str = HEAD) -> None:
    """Bring the database to a revision within the connection's transaction; nothing happens if it is there already."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "clickwatch.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, target)
