"""Looking into the store of a home that a stream is writing to, as any reader may."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.homes import settings_of
from clickwatch.store.database import Store
from clickwatch.store.opening import open_store
from clickwatch.store.schema import accounting, alerts, epochs, progress
from clickwatch.store.sqlite.file import SqliteFile
from clickwatch.wiring.home import Home

_PATIENCE_SECONDS = 600
_LOOK_SECONDS = 0.005


class Onlooker:
    """Asks a store what has been committed so far; for logs with one partition."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def last_epoch(self) -> int:
        """The newest epoch, 0 for none."""
        return self._number(select(func.coalesce(func.max(epochs.c.epoch), 0)))

    def next_offset(self) -> int:
        """How far the log has been processed."""
        return self._number(select(func.coalesce(func.max(progress.c.next_offset), 0)))

    def watermark(self) -> int:
        """How far event time has come, in µs."""
        return self._number(select(func.max(progress.c.watermark)))

    def received(self) -> int:
        """How many records were processed."""
        return self._number(select(func.sum(accounting.c.received)))

    def alerted(self, after: str, before: str) -> list[str]:
        """Products with an alert whose names lie between the two, both exclusive."""
        names = alerts.c.product_id
        query = select(names).distinct().where(alerts.c.rule == "flash_sale", names > after, names < before)
        with self._store.read() as connection:
            return list(connection.execute(query.order_by(names)).scalars())

    def _number(self, query: object) -> int:
        with self._store.read() as connection:
            return int(connection.execute(query).scalar_one())  # type: ignore[call-overload]


@contextmanager
def looking_at(folder: Path) -> Iterator[Onlooker]:
    """An onlooker on the store of the home in `folder`, as soon as there is one."""
    path = Home(settings_of(folder).clickwatch_home).store
    wait_until(path.exists, "a store")
    store = open_store(SqliteFile(path), create=False)
    try:
        yield Onlooker(store)
    finally:
        store.close()


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Look again and again until it is so. Raises TimeoutError after ten minutes."""
    patience = time.monotonic() + _PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > patience:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(_LOOK_SECONDS)
