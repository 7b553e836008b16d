"""Turns between processes: a lock that a file or folder stands for."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK_FILE = 0o640


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock that a file stands for, which is made if it is not there; waits for whoever has it.

    The file is opened anew each time: flock excludes between openings, so threads and forked children take turns too.
    Raises OSError.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT, LOCK_FILE)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Hold the lock that a folder itself stands for. Raises OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
