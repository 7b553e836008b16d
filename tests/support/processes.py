"""Processes that a test starts, talks to, and ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TypeVar

_T = TypeVar("_T")


@contextmanager
def child(work: Callable[[_T, Connection], None], subject: _T) -> Iterator[tuple[BaseProcess, Connection]]:
    """Run `work(subject, connection)` in a fresh process; it is killed at the end if it still runs."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=work, args=(subject, there))
    process.start()
    there.close()
    try:
        yield process, here
    finally:
        process.kill()
        process.join()
        here.close()
