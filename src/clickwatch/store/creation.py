"""A new store file: it appears whole, with all its tables, or not at all."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from clickwatch.errors import StoreError

SIDE_FILES = ("-wal", "-shm")


def create_file(path: Path, fill: Callable[[Path], None]) -> None:
    """Make the file at `path` by `fill(draft)`, unless another process is first; mode 0600, its folder 0700.

    A crash leaves at most a draft that the next creator removes, so an empty or half-made file at `path` is
    always damage. Raises OSError, and StoreError if the side files of a lost store lie there: SQLite would
    take them for the new store's own.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    with _locked(path.parent) as folder:
        if path.exists():
            return
        _refuse_orphans(path)
        for suffix in ("", *SIDE_FILES):
            draft.with_name(draft.name + suffix).unlink(missing_ok=True)
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        fill(draft)
        _sync(draft)
        draft.rename(path)
        os.fsync(folder)


@contextmanager
def _locked(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _refuse_orphans(path: Path) -> None:
    orphans = [path.name + suffix for suffix in SIDE_FILES if path.with_name(path.name + suffix).exists()]
    if orphans:
        problem = f"The store {path} is missing, but {' and '.join(orphans)} of it is still there"
        raise StoreError(problem, "Put the store back beside it, or move it away as well")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
