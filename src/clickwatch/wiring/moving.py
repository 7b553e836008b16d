"""The move of a home's store from its file to the database that the settings name."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from clickwatch.errors import NothingStreamed, SettingsError
from clickwatch.settings import AppSettings
from clickwatch.store.moving import Move
from clickwatch.store.sqlite.file import SqliteFile
from clickwatch.wiring.home import Home
from clickwatch.wiring.log import wall_clock
from clickwatch.wiring.stores import AT_WORK, store_of_home


@dataclass(frozen=True)
class Moved:
    """What was moved, and to where."""

    source: Path
    target: str
    rows: int


def move_store(settings: AppSettings, on_step: Callable[[str], None] = lambda step: None) -> Moved:
    """Move the store in the home's file to the database of DATABASE_URL; see `Move`.

    Raises SettingsError without DATABASE_URL, and NothingStreamed if there is no file.
    """
    if settings.database_url is None:
        raise SettingsError("DATABASE_URL names no database to move the store to", "Set it to an empty one")
    file = Home(settings.clickwatch_home.expanduser().absolute()).store
    if not file.exists():
        raise NothingStreamed(f"There is no store {file} to move", "Streaming goes to DATABASE_URL by itself")
    with closing(store_of_home(settings, create=True, patience=AT_WORK)) as target:
        rows = Move(SqliteFile(file), target, wall_clock, on_step).run()
        return Moved(file, target.name, rows)
