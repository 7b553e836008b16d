"""Homes for measuring: a log of synthetic traffic, and settings that point at it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clickwatch.domain.window import DAY, MINUTE
from clickwatch.settings import AppSettings, load_settings
from clickwatch.sources.traffic import TrafficGenerator, TrafficPlan
from clickwatch.sources.writer import LogWriter
from clickwatch.wiring.log import wall_clock
from clickwatch.wiring.log_kinds import LogKind, log_for_writing

HIGH_INTEREST = ("PROD_001", "PROD_002", "PROD_003")


def yesterday() -> int:
    """Yesterday's midnight, µs since the Unix epoch, UTC."""
    return wall_clock() // DAY * DAY - DAY


def day_plan(events: int, before: int = 0) -> TrafficPlan:
    """Yesterday's traffic in its rhythm, or that of so many days before."""
    return TrafficPlan(yesterday() - before * DAY, DAY, events, 42 + before, HIGH_INTEREST, rhythm=True)


def even_plan(events: int, duration: int) -> TrafficPlan:
    """Traffic without a rhythm, up to yesterday's end if it lasts longer than a day; `duration` in µs."""
    start = yesterday() + DAY - max(duration, DAY)
    return TrafficPlan(start, duration, events, 42, HIGH_INTEREST)


def dense_plan(rate: int, minutes: int) -> TrafficPlan:
    """Traffic at a live rate (events per second of event time)."""
    return even_plan(rate * minutes * 60, minutes * MINUTE)


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A folder for one home and its key, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="clickwatch-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        yield Path(folder)


def settings_of(folder: Path, **values: object) -> AppSettings:
    """Settings for the home in `folder`; nothing of the environment's home is touched."""
    return load_settings(clickwatch_home=folder / "home", pseudonym_key_file=folder / "keys", _env_file=None, **values)


def fill(folder: Path, plan: TrafficPlan, kind: LogKind = LogKind.LOG, **settings: object) -> int:
    """Write the traffic onto a log; the bytes that it takes."""
    log = log_for_writing(settings_of(folder, **settings), kind, lambda: False)
    try:
        writer = LogWriter(log)
        for batch in TrafficGenerator(plan).batches():
            writer.write(batch)
        return writer.bytes
    finally:
        log.close()


def forget_results(folder: Path) -> None:
    """Leave only the log of a home: the next stream starts from nothing."""
    home = folder / "home"
    for entry in home.iterdir():
        if entry.name not in ("log", "home.id"):
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
