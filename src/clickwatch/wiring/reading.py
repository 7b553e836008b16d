"""The store for commands that only look."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from clickwatch.settings import AppSettings
from clickwatch.store.database import open_store
from clickwatch.wiring.home import Home


@contextmanager
def reading(settings: AppSettings) -> Iterator[Connection]:
    """A snapshot of the home's store; nothing is made. Raises StoreError if nothing has been streamed yet."""
    store = open_store(Home(settings.clickwatch_home.expanduser().absolute()).store, create=False)
    try:
        with store.read() as connection:
            yield connection
    finally:
        store.close()
