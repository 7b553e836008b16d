"""The store for commands that only look."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from clickwatch.settings import AppSettings
from clickwatch.wiring.stores import store_of_home


@contextmanager
def reading(settings: AppSettings) -> Iterator[Connection]:
    """A snapshot of the home's store; nothing is made. Raises StoreError if nothing has been streamed yet."""
    store = store_of_home(settings)
    try:
        with store.read() as connection:
            yield connection
    finally:
        store.close()
