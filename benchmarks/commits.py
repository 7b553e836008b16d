"""What an epoch's commit takes on each database, alone and beside retention and the publication of a day.

The store holds 30 days of 1,000 products in windows of ten minutes. Epochs are as those of 1,000 events/s, five a
second. A hold is how long a transaction of the others has the write lock.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, insert

from benchmarks.commands import Say
from benchmarks.effort import Effort
from benchmarks.figures import Figure, at_most
from benchmarks.homes import temporary_home
from clickwatch.domain.window import DAY, HOUR, MINUTE
from clickwatch.store import accounting, batch_views, epochs, removal, totals, windows
from clickwatch.store.backend import Backend
from clickwatch.store.database import Store
from clickwatch.store.moving import Move
from clickwatch.store.opening import open_store
from clickwatch.store.postgres.database import PostgresDatabase
from clickwatch.store.schema import hour_totals, user_segments
from clickwatch.store.schema import windows as windows_table
from clickwatch.store.sqlite.file import SqliteFile
from clickwatch.store.upsert import write_columns
from clickwatch.wiring.log import wall_clock
from dev.postgres_server import PostgresServer

_PRODUCTS = [f"PROD_{number:04}" for number in range(1000)]
_LENGTH = 10 * MINUTE
_NOW = 20_000 * DAY
_TOUCHED = 180
_USERS = 50_000
_INTERVAL_SECONDS = 0.2


def commits(effort: Effort, say: Say) -> list[Figure]:
    """SQLite first, then the same rows moved to a PostgreSQL server of this machine."""
    days = effort.window_days
    with temporary_home() as folder, _server() as server:
        file = SqliteFile(folder / "store.sqlite")
        say(f"writing {days} days of windows")
        with closing(open_store(file, create=True)) as store:
            _fill(store, days)
        database = PostgresDatabase(server.make_database("bench"))
        say("moving a copy to PostgreSQL")
        moved, seconds = _moved(file, database, folder)
        figures = [*_figures("SQLite", file, effort, say), *_figures("PostgreSQL", database, effort, say)]
    return [*figures, Figure(f"moving a store, {moved:,} rows", "s", [seconds])]


class _Held(Store):
    """A store that notes how long (ms) its transactions had the write lock."""

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend)
        self.holds: list[float] = []

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        began = time.perf_counter()
        try:
            with super().begin() as connection:
                began = time.perf_counter()
                yield connection
        finally:
            self.holds.append((time.perf_counter() - began) * 1000)


class _Stream:
    """Commits epochs in a thread of its own, and notes how long (ms) each took."""

    def __init__(self, store: Store) -> None:
        self.took: list[float] = []
        self._store = store
        self._number = store.look(epochs.last_epoch)
        self._random = random.Random(7)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    @contextmanager
    def running(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_INTERVAL_SECONDS):
            self._number += 1
            starts = _NOW + self._number // 100 * _LENGTH
            parts = [_deltas(starts - late, self._random.sample(_PRODUCTS, _TOUCHED)) for late in (0, _LENGTH)]
            began = time.perf_counter()
            with self._store.begin() as connection:
                self._commit(connection, pa.concat_tables(parts), starts)
            self.took.append((time.perf_counter() - began) * 1000)

    def _commit(self, connection: Connection, deltas: pa.Table, start: int) -> None:
        epochs.claim(connection, self._number, "bench", start, [])
        windows.add(connection, self._number, deltas, start)
        hours = deltas.slice(0, _TOUCHED).rename_columns({"window_start": "hour_start"}).drop_columns("window_end")
        totals.add(connection, hours.append_column("event_count", hours["view_count"]))
        accounting.add(connection, 0, accounting.Counts(_TOUCHED, _TOUCHED, 0, _TOUCHED, 0))
        windows.close(connection, start - 2 * _LENGTH)
        epochs.prune(connection, self._number - 10)


def _deltas(start: int, products: list[str]) -> pa.Table:
    whole = {"window_start": start, "window_end": start + _LENGTH, "category_time": start, "view_count": 1}
    columns = {name: [value] * len(products) for name, value in {**whole, "cart_count": 0, "purchase_count": 0}.items()}
    return pa.table({**columns, "product_id": products, "category": ["tvs"] * len(products)})


def _figures(name: str, backend: Backend, effort: Effort, say: Say) -> list[Figure]:
    figures: list[Figure] = []
    beside: tuple[tuple[str, Callable[[Store, float], None]], ...] = (
        ("alone", lambda store, until: time.sleep(max(0.0, until - time.monotonic()))),
        ("beside retention", _retain),
        ("beside the publication of a day", _publish),
    )
    for what, work in beside:
        say(f"{name}, {what}")
        with closing(open_store(backend, create=False)) as store, closing(_Held(backend)) as held:
            stream = _Stream(store)
            with stream.running():
                work(held, time.monotonic() + effort.live_seconds)
        took = stream.took
        percentiles = [float(np.percentile(took, share)) for share in (50, 95)]
        figures.append(Figure(f"commit on {name}, {what}, p50", "ms", percentiles[:1]))
        figures.append(Figure("  p95", "ms", percentiles[1:], at_most(50)))
        figures.append(Figure("  worst", "ms", [max(took)]))
        if held.holds:
            figures.append(Figure("  longest hold of the other", "ms", [max(held.holds)], at_most(100)))
    return figures


class _Over(Exception):
    """The time for measuring is over."""


def _retain(store: Store, until: float) -> None:
    """Remove all but the last day, until the time is over."""

    def sleep(seconds: float) -> None:
        if time.monotonic() > until:
            raise _Over
        time.sleep(seconds)

    with suppress(_Over):
        removal.remove(store, windows_table, windows.expired(_NOW, DAY), removal.Manners(sleep=sleep))


def _publish(store: Store, until: float) -> None:
    """Publish the segments of users as views of a day, one in place of the other."""
    counts = {name: [1] * _USERS for name in ("view_count", "cart_count", "purchase_count")}
    users = pa.table(
        {"user_key": [f"k1:{n:032x}" for n in range(_USERS)], "segment": ["Window Shopper"] * _USERS, **counts}
    )
    size, manners = removal.ROWS_AT_ONCE, removal.Manners()
    while time.monotonic() < until:
        with store.begin() as connection:
            view = batch_views.begin(connection, _NOW, 1, True)
        for start in range(0, _USERS, size):
            began = manners.monotonic()
            with store.begin() as connection:
                batch_views.add(connection, user_segments, view, users.slice(start, size))
            manners.give_way(began)
        removal.remove(store, user_segments, user_segments.c.view_id == view)


def _fill(store: Store, days: int) -> None:
    """Closed windows and totals by hour of all products."""
    count = len(_PRODUCTS)
    alike = {"category": "tvs", "view_count": 5, "cart_count": 1, "purchase_count": 1}
    same = {name: [value] * count for name, value in alike.items()} | {"product_id": _PRODUCTS}
    with store.begin() as connection:
        for start in range(_NOW - days * DAY, _NOW, _LENGTH):
            own = {"window_start": start, "window_end": start + _LENGTH, "category_time": start, "epoch": 1}
            values: dict[str, object] = {**own, "added_at": start + _LENGTH, "status": windows.CLOSED}
            columns = {name: [value] * count for name, value in values.items()}
            write_columns(connection, insert(windows_table), {**same, **columns})
        for start in range(_NOW - days * DAY, _NOW, HOUR):
            values = {"hour_start": start, "category_time": start, "event_count": 7}
            columns = {name: [value] * count for name, value in values.items()}
            write_columns(connection, insert(hour_totals), {**same, **columns})


def _moved(file: SqliteFile, database: PostgresDatabase, folder: Path) -> tuple[int, float]:
    """Move a copy of the file; how many rows there were, and the seconds that it took."""
    copy = folder / "copy.sqlite"
    copy.write_bytes(file.path.read_bytes())
    with closing(open_store(database, create=True)) as target:
        began = time.monotonic()
        rows = Move(SqliteFile(copy), target, wall_clock).run()
        took = time.monotonic() - began
    copy.unlink()
    return rows, took


@contextmanager
def _server() -> Iterator[PostgresServer]:
    server = PostgresServer()
    server.start()
    try:
        yield server
    finally:
        server.close()
