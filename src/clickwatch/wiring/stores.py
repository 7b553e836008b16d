"""The store that the settings name: a database of PostgreSQL, or the file in the home."""

import threading

from clickwatch.domain.window import MINUTE
from clickwatch.settings import AppSettings
from clickwatch.store.backend import Backend
from clickwatch.store.database import Store
from clickwatch.store.opening import open_store
from clickwatch.store.postgres.database import PostgresDatabase
from clickwatch.store.sqlite.file import SqliteFile
from clickwatch.store.waiting import Patience
from clickwatch.wiring.home import Home
from clickwatch.wiring.own_log import speak_on_standard_error

AT_WORK = Patience(first=MINUTE // 4, later=2 * MINUTE)
"""For commands that change something: a server that is away between two transactions is no reason to fail."""


def store_place(settings: AppSettings) -> Backend:
    """Where the store is, or would be."""
    if settings.database_url is not None:
        return PostgresDatabase(settings.database_url.get_secret_value())
    return SqliteFile(Home(settings.clickwatch_home.expanduser().absolute()).store)


def store_of_home(
    settings: AppSettings, *, create: bool = False, upgrade: bool = False, patience: Patience | None = None
) -> Store:
    """The store, opened; see `open_store`. People hear of it on standard error if it has to be waited for."""
    speak_on_standard_error(settings)
    return open_store(store_place(settings), create=create, upgrade=upgrade, patience=patience)


def as_long_as(stop: threading.Event) -> Patience:
    """The stream's: once the store has answered, it is waited for until `stop` is set."""
    return Patience(first=2 * MINUTE, later=None, nap=stop.wait)
