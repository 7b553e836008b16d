"""A progress bar on a terminal, and nothing at all where nobody looks."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

_EVENTS = "{task.completed:,.0f} of {task.total:,.0f} events"


@contextmanager
def event_progress(doing: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar over a known number of events; call what it gives with how many are done."""
    with _bar(doing, total, [TextColumn(_EVENTS), TimeRemainingColumn()]) as update:
        yield update


@contextmanager
def byte_progress(doing: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar over bytes, of which the total may be unknown; call what it gives with how many are done."""
    columns: list[ProgressColumn] = [DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()]
    with _bar(doing, total, columns) as update:
        yield update


@contextmanager
def step_progress(doing: str) -> Iterator[Callable[[str], None]]:
    """A line that says which step is under way; call what it gives with each step's name."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda step: None
        return
    with console.status(f"{doing} …") as status:
        yield lambda step: status.update(f"{doing}: {step.replace('-', ' ')} …")


@contextmanager
def _bar(doing: str, total: int | None, columns: list[ProgressColumn]) -> Iterator[Callable[[int], None]]:
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done: None
        return
    shown = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), *columns)
    # What is printed meanwhile goes above the bar, but only where standard output is the same terminal.
    with Progress(*shown, console=console, transient=True, redirect_stdout=sys.stdout.isatty()) as bar:
        task = bar.add_task(doing, total=total)
        yield lambda done: bar.update(task, completed=done)
