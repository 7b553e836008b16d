"""Opening the store: made if it may be, brought to this version's schema, or refused in words."""

from functools import partial

from sqlalchemy import Connection

from clickwatch.errors import NothingStreamed, StoreError
from clickwatch.store import migrations
from clickwatch.store.backend import Backend
from clickwatch.store.database import Store
from clickwatch.store.waiting import Patience


def open_store(backend: Backend, *, create: bool, upgrade: bool = False, patience: Patience | None = None) -> Store:
    """The store in that database; `create` makes it if there is none, and as `upgrade` brings it to this version.

    If it is moved away later, its next transaction that writes is refused with a StoreError.

    Raises NothingStreamed if there is none (without `create`); StoreError if it is damaged, away for longer than
    `patience` has, of a newer version, or of an older one (without either); StorageError if the disk refuses.
    """
    store = Store(backend, patience, partial(_check_is_here, backend.name))
    try:
        if not store.reach(backend.is_there):
            if not create:
                problem = f"Nothing has been streamed yet: there is no store {store.name}"
                raise NothingStreamed(problem, "Run `clickwatch stream` first, or set CLICKWATCH_HOME")
            store.reach(lambda engine: backend.create(engine, migrations.upgrade))
        _bring_to_head(store, migrate=create or upgrade)
    except BaseException:
        store.close()
        raise
    return store


def _bring_to_head(store: Store, *, migrate: bool) -> None:
    revision = store.look(migrations.revision)
    if revision == migrations.HEAD:
        return
    check_revision(store, revision)
    if not migrate:
        raise StoreError(f"The store {store.name} was written by an older clickwatch", "Run `clickwatch stream` once")
    store.transact(lambda connection, _: migrations.upgrade(connection))


def check_revision(store: Store, revision: str | None) -> None:
    """Raises StoreError, which says what is wrong with a store of that revision, if this version cannot use it."""
    if revision is None:
        raise StoreError(f"The store {store.name} is damaged (it has no tables of clickwatch)", store.backend.repair)
    _check_unmarked(store.name, revision)
    if revision in migrations.REVISIONS:
        return
    if store.look(migrations.is_clickwatch_s):
        problem = f"The store {store.name} was written by a newer clickwatch (schema {revision})"
        raise StoreError(problem, "Upgrade clickwatch")
    problem = f"Tables of something else are in the way in the store {store.name} (schema {revision})"
    raise StoreError(problem, "Name an empty database in DATABASE_URL")


def _check_is_here(name: str, connection: Connection) -> None:
    """Whoever opened a file before it was moved, and woke up after that, writes nothing to it."""
    if connection.dialect.name == "sqlite":  # no store is moved away from PostgreSQL, and there a look costs time
        _check_unmarked(name, migrations.stated(connection))


def _check_unmarked(name: str, stated: str | None) -> None:
    if stated == migrations.MOVED:
        problem = f"The store {name} was moved to PostgreSQL, and is not the newest any more"
        raise StoreError(problem, "Set DATABASE_URL to the database that it was moved to")
    if migrations.moving_from(stated) is not None:
        problem = f"The store {name} was being moved to PostgreSQL, and that came to no end"
        raise StoreError(problem, "Run `clickwatch store move` again, with the same DATABASE_URL")
