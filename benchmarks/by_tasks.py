"""What a day takes as Airflow runs it: each task of the night a process, side by side where they may be."""

import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.commands import running
from clickwatch.domain.day import Day
from clickwatch.wiring.night import DAY, TASKS, Task

_SETTINGS = {"ALERT_HANDLERS": "file"}


def by_tasks(folder: Path, day: Day) -> float:
    """Seconds from the first task's start to the last one's end, without what Airflow itself takes."""
    began = time.monotonic()
    done: set[str] = set()
    while len(done) < len(TASKS):
        ready = [task for task in TASKS if task.name not in done and done.issuperset(task.after)]
        _run(folder, day, ready)
        done.update(task.name for task in ready)
    return time.monotonic() - began


def _run(folder: Path, day: Day, tasks: list[Task]) -> None:
    """Run some tasks at once. Raises CalledProcessError if one fails."""
    with ExitStack() as held:
        processes = []
        for task in tasks:
            words = [str(day) if word == DAY else word for word in task.words]
            processes.append(held.enter_context(running(folder, "clickwatch", *words, settings=_SETTINGS)))
        for process in processes:
            if process.wait():
                raise subprocess.CalledProcessError(process.returncode, process.args)
