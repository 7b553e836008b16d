"""Runs of the embedded pipeline over a log in memory: cut into epochs, stopped, crashed and restarted as planned."""

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
from hypothesis import strategies as st
from pytest import MonkeyPatch

from clickwatch.archive.delta import DeltaArchive
from clickwatch.intake.pseudonym import Pseudonymiser
from clickwatch.settings import AppSettings, load_settings
from clickwatch.speed.effects import EpochReport
from clickwatch.store.opening import open_store
from clickwatch.store.sqlite import file as sqlite_file
from clickwatch.store.sqlite.connections import sqlite_engine
from clickwatch.store.sqlite.file import SqliteFile
from clickwatch.wiring.beginning import Watch
from clickwatch.wiring.home import Home
from clickwatch.wiring.pipeline import stream_from
from tests.support.memory_log import MemoryLog
from tests.support.streams import Stream

KEY = "3f0cb1a75e2d49968877665544332211ffeeddccbbaa00998d6b4f1e2c3a5978"
user_key = Pseudonymiser(bytes.fromhex(KEY)).user_key
_MEMORY = Path("/dev/shm")


@dataclass(frozen=True)
class Stop:
    """A clean stop, asked for after so many epochs."""

    after: int


@dataclass(frozen=True)
class Crash:
    """An end in the middle: all that is in memory is lost after so many steps between durable writes."""

    after: int


@dataclass(frozen=True)
class Plan:
    """How a log is worked off: `cuts` are the records of each read, in turn, and then all that there are.

    Each interruption ends one run.
    """

    cuts: tuple[int, ...] = ()
    interruptions: tuple[Stop | Crash, ...] = ()
    archive_max_rows: int = 500_000
    epoch_max_bytes: int = 32 * 1024 * 1024


PLANS = st.builds(
    Plan,
    cuts=st.lists(st.integers(1, 15), min_size=2, max_size=6).map(tuple),
    interruptions=st.lists(
        st.one_of(st.builds(Stop, st.integers(1, 2)), st.builds(Crash, st.integers(1, 8))), min_size=1, max_size=3
    ).map(tuple),
    archive_max_rows=st.sampled_from((1, 10, 500_000)),
    epoch_max_bytes=st.sampled_from((1024, 32 * 1024 * 1024)),
)


class _PowerCut(Exception):
    """Stands for the end of the process."""


@contextmanager
def shared_engines() -> Iterator[None]:
    """Let all pipelines of this process share one DuckDB, and homes at one path their compiled SQL.

    That is most of what a start costs. Each pipeline has connections of its own, as ever.
    """
    duck = duckdb.connect()
    with MonkeyPatch.context() as patch:
        patch.setattr(duckdb, "connect", duck.cursor)
        patch.setattr(sqlite_file, "sqlite_engine", cache(sqlite_engine))
        yield
    duck.close()


class Homes:
    """Empty homes: the tables of the store and the archive are made once and copied from then on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._blank = Home(folder / "blank")
        open_store(SqliteFile(self._blank.store), create=True).close()
        DeltaArchive.open(self._blank.archive, create=True)

    def fresh(self, name: str = "home") -> Home:
        """An empty home in place of the one of that name before."""
        shutil.rmtree(self._folder / name, ignore_errors=True)
        shutil.copytree(self._blank.folder, self._folder / name)
        return Home(self._folder / name)


@contextmanager
def homes_in_memory() -> Iterator[Homes]:
    """Homes where the disk does nothing to them: random streams are about decisions, and other tests about disks."""
    in_memory = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
    with TemporaryDirectory(dir=_MEMORY if in_memory else None) as folder:
        yield Homes(Path(folder))


@dataclass
class Runs:
    """One home, and what its pipelines committed."""

    home: Home
    stream: Stream
    ranges: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    """By epoch and partition: the offsets `[start, end)` that the epoch took, read from the store at each commit."""

    def settings(self, plan: Plan) -> AppSettings:
        """The stream's settings, under the key of all these runs."""
        values: dict[str, Any] = {
            "clickwatch_home": self.home.folder,
            "pseudonym_key": KEY,
            "alert_handlers": (),
            "archive_max_rows": plan.archive_max_rows,
            "epoch_max_bytes": plan.epoch_max_bytes,
        }
        return load_settings(**values, **self.stream.settings)

    def work_off(self, plan: Plan) -> None:
        """Run until each interruption in turn, and then until caught up."""
        settings = self.settings(plan)
        cuts = chain(plan.cuts, repeat(1_000_000))
        log = MemoryLog(self.stream.partitions, lambda: next(cuts))
        with closing(sqlite3.connect(self.home.store, isolation_level=None)) as store:
            for interruption in (*plan.interruptions, None):
                self._run(log, settings, interruption, store)

    def _run(
        self, log: MemoryLog, settings: AppSettings, interruption: Stop | Crash | None, store: sqlite3.Connection
    ) -> None:
        stop = threading.Event()
        steps = epochs = 0

        def on_step(step: str) -> None:
            nonlocal steps
            steps += 1
            if step == "committed":
                self.ranges.update(_ranges(store))
            if isinstance(interruption, Crash) and steps == interruption.after:
                raise _PowerCut

        def on_epoch(report: EpochReport) -> None:
            nonlocal epochs
            epochs += 1
            if isinstance(interruption, Stop) and epochs == interruption.after:
                stop.set()

        with suppress(_PowerCut):
            stream_from(log, settings, stop, until_caught_up=True, watch=Watch(on_epoch, on_step))


def _ranges(store: sqlite3.Connection) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    rows = store.execute('SELECT epoch, "partition", start_offset, end_offset FROM epoch_ranges')
    return (((epoch, partition), (start, end)) for epoch, partition, start, end in rows)
