"""Finding the table: made if it is to be, looked through for damage, and what libraries say in an operator's words."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from clickwatch.archive.actions import new_table, schema_json
from clickwatch.archive.deltalog import CURE, LOG_FOLDER, StagedCommit, check, versions
from clickwatch.errors import ArchiveError
from clickwatch.files.durable import PRIVATE_FOLDER, make_folder, sync_folder
from clickwatch.files.refusals import storage_errors

_UPGRADE = f"Use the version of clickwatch that made it. {CURE}"


def prepare(folder: Path, create: bool, now: Callable[[], int]) -> None:
    """Make sure that there is a sound table in `folder`; a new one where `create` says so.

    `now` gives µs since the Unix epoch, UTC. Raises ArchiveError, StorageError.
    """
    if not _has_commits(folder):
        if not create:
            raise ArchiveError(f"there is no archive at {folder}", f"If nothing was streamed yet, stream; else: {CURE}")
        _create(folder, now())
    check(folder)
    with storage_errors("sync", folder):
        # A commit that a crash cut off before this point is seen now, so it must stay.
        sync_folder(folder / LOG_FOLDER)


def opened(root: Path) -> DeltaTable:
    """The table at its newest version. Raises ArchiveError if it is damaged or has other columns than ours."""
    with damage(root):
        table = DeltaTable(str(root))
        if table.schema().to_json() != schema_json():
            raise ArchiveError(f"the archive {root} has other columns than this version writes", _UPGRADE)
    return table


@contextmanager
def damage(root: Path) -> Iterator[None]:
    """What the libraries say about unreadable bytes becomes an ArchiveError."""
    try:
        with storage_errors("read", root):
            yield
    except (DeltaError, pa.ArrowException) as error:
        detail = str(error).splitlines()[0]
        raise ArchiveError(f"the archive {root} is damaged: {detail}", CURE) from error


def _has_commits(folder: Path) -> bool:
    with storage_errors("look into", folder):
        if folder.exists() and not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
        return (folder / LOG_FOLDER).is_dir() and bool(versions(folder)[0])


def _create(folder: Path, now: int) -> None:
    with storage_errors("make the archive in", folder):
        make_folder(folder, PRIVATE_FOLDER)
        strangers = [entry.name for entry in folder.iterdir() if entry.name != LOG_FOLDER]
        if strangers:
            raise ArchiveError(f"{folder} is no archive, but holds {strangers[0]}", CURE)
        make_folder(folder / LOG_FOLDER, PRIVATE_FOLDER)
    commit = StagedCommit(folder, 0, new_table(now))
    commit.publish()
    commit.settle()
