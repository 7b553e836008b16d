"""What `clickwatch batch` takes for a day: seconds of its process, from start to end, and its memory.

Each measured run reports a day that was streamed and never reported, its small files compacted on the way; `again` is
the run after it.
"""

import shutil
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.by_tasks import by_tasks
from benchmarks.commands import Say, measured_run, running
from benchmarks.effort import Effort
from benchmarks.figures import Figure, at_most
from benchmarks.homes import day_plan, fill, temporary_home, yesterday
from benchmarks.machine import peak_mib
from clickwatch.domain.day import Day

_LOOK_SECONDS = 0.01
_HELD_DAYS = 10
_RESULTS = ("archive", "store.sqlite")
_MADE = ("store.sqlite-wal", "store.sqlite-shm", "reports", "batch", "sent", "alerts.jsonl")


@dataclass(frozen=True)
class Took:
    """Seconds and MiB of the first run of a day, seconds of the next one, and of a first run by tasks."""

    seconds: float
    peak: float
    again: float
    by_tasks: float


def day(effort: Effort, say: Say) -> list[Figure]:
    """A large day; half of it, for the growth; a small day alone and among others, for their weight."""
    events = effort.day_events
    with _streamed(events, 1, say) as folder:
        whole = _runs(folder, effort.runs, say)
    with _streamed(events // 2, 1, say) as folder:
        half = _runs(folder, effort.runs, say)
    with _streamed(events // 10, 1, say) as folder:
        alone = _runs(folder, effort.runs, say)
    with _streamed(events // 10, _HELD_DAYS, say) as folder:
        among = _runs(folder, effort.runs, say)
    half_median = statistics.median(took.seconds for took in half)
    alone_median = statistics.median(took.seconds for took in alone)
    return [
        Figure(f"the day's reports, {events:,} events", "s", [took.seconds for took in whole], at_most(15)),
        Figure("  peak memory", "MiB", [took.peak for took in whole], at_most(1024)),
        Figure("  again", "s", [took.again for took in whole]),
        Figure("  by tasks, as Airflow runs them", "s", [took.by_tasks for took in whole]),
        Figure("  by tasks to at once", "", [took.by_tasks / took.seconds for took in whole], at_most(2)),
        Figure("  to half of the events", "", [took.seconds / half_median for took in whole], at_most(2.2)),
        Figure(f"  {events // 10:,} events", "s", [took.seconds for took in alone]),
        Figure(
            f"  among {_HELD_DAYS} such days to alone",
            "",
            [took.seconds / alone_median for took in among],
            at_most(1.1),
        ),
    ]


@contextmanager
def _streamed(events: int, days: int, say: Say) -> Iterator[Path]:
    """A home with so many days of so many events each, up to yesterday's end, streamed."""
    with temporary_home() as folder:
        say(f"writing and streaming {days} x {events:,} events")
        for number in reversed(range(days)):
            fill(folder, day_plan(events, number))
        if measured_run(folder)["records"] != days * events:
            raise AssertionError("not all records went through")
        yield folder


def _runs(folder: Path, count: int, say: Say) -> list[Took]:
    kept = folder / "kept"
    for name in _RESULTS:
        _copy(folder / "home" / name, kept / name)
    found = []
    for _ in range(count):
        _restore(folder, kept)
        seconds, peak = _run(folder)
        again, _ = _run(folder)
        _restore(folder, kept)
        in_tasks = by_tasks(folder, Day.of(yesterday()))
        say(f"{seconds:.1f} s, {peak:,.0f} MiB; again {again:.1f} s; by tasks {in_tasks:.1f} s")
        found.append(Took(seconds, peak, again, in_tasks))
    return found


def _restore(folder: Path, kept: Path) -> None:
    """Streamed, and never reported."""
    for name in (*_RESULTS, *_MADE):
        _remove(folder / "home" / name)
    for name in _RESULTS:
        _copy(kept / name, folder / "home" / name)


def _run(folder: Path) -> tuple[float, float]:
    peak = 0.0
    began = time.monotonic()
    with running(folder, "clickwatch", "batch", "--date", str(Day.of(yesterday()))) as process:
        while process.poll() is None:
            peak = max(peak, peak_mib(process.pid))
            time.sleep(_LOOK_SECONDS)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return time.monotonic() - began, peak


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
