"""The store as one file of this machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from clickwatch.errors import ClickwatchError
from clickwatch.store.backend import WRITES, Fill
from clickwatch.store.sqlite import failures
from clickwatch.store.sqlite.connections import sqlite_engine
from clickwatch.store.sqlite.creation import create_file


@dataclass(frozen=True)
class SqliteFile:
    """A database file at `path`; see `store.backend.Backend`."""

    path: Path

    @property
    def name(self) -> str:
        """The file's path."""
        return str(self.path.absolute())

    @property
    def repair(self) -> str:
        """It is built again from the log, or comes from a copy."""
        return failures.REBUILD

    @property
    def reading(self) -> Mapping[str, Any]:
        """A transaction is a snapshot by itself, in WAL mode."""
        return {}

    @property
    def writing(self) -> Mapping[str, Any]:
        """The write lock is taken when a transaction begins."""
        return {WRITES: True}

    def engine(self) -> Engine:
        """Connections that never make a file; writers wait for each other, readers for nobody."""
        return sqlite_engine(self.path)

    def is_there(self, engine: Engine) -> bool:
        """Whether there is anything at the path."""
        try:
            self.path.stat()
        except FileNotFoundError:
            return False
        return True

    def create(self, engine: Engine, fill: Fill) -> None:
        """A draft beside it becomes the file when it is whole."""
        create_file(self.path.absolute(), lambda draft: _fill(draft, fill))

    def explain(self, error: Exception, *, has_answered: bool) -> ClickwatchError | None:
        """What SQLite's result codes mean."""
        return failures.explain(error, self.name)

    def lost_writes(self, error: Exception) -> bool:
        """After a failed read, write or sync, what the disk holds is unknown."""
        return failures.lost_writes(error)


def _fill(draft: Path, fill: Fill) -> None:
    engine = sqlite_engine(draft)
    try:
        with engine.execution_options(**{WRITES: True}).begin() as connection:
            fill(connection)
    finally:
        engine.dispose()
