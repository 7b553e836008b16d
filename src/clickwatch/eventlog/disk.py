"""Files and folders that survive a crash, and what the operating system refuses, said for an operator."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clickwatch.errors import StorageError

FILE_MODE = 0o640
"""Of new files, less the umask: the log holds raw user ids, which are not for everybody on the machine."""

_CURES = {
    errno.ENOSPC: "Free space on that disk, then start again",
    errno.EDQUOT: "Free space or raise the disk quota, then start again",
    errno.EFBIG: "Raise the file size limit of this process (ulimit -f), then start again",
    errno.EACCES: "Give the user that runs clickwatch read and write permission there",
    errno.EPERM: "Give the user that runs clickwatch read and write permission there",
    errno.EROFS: "Make that disk writable, or set CLICKWATCH_HOME to one that is",
    errno.EMFILE: "Raise the limit of open files (ulimit -n), then start again",
    errno.ENOENT: "Restore it from a backup, or set CLICKWATCH_HOME to the folder that holds the log",
    errno.EEXIST: "Move the file in its way aside, or set CLICKWATCH_HOME to another folder",
    errno.ENOTDIR: "Move the file in its way aside, or set CLICKWATCH_HOME to another folder",
    errno.EFAULT: "Check the disk (the kernel's messages say more), and restore the file from a backup",
}
_DEFAULT_CURE = "Check the disk (the kernel's messages say more), then start again"


@contextmanager
def storage_errors(action: str, path: Path) -> Iterator[None]:
    """Turn an OSError into a StorageError: `action` says what was tried with `path`, as in 'write to'."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        cure = _CURES.get(error.errno or 0, _DEFAULT_CURE)
        raise StorageError(f"Cannot {action} {path}: {reason}", cure) from error


def write_all(fd: int, data: bytes | memoryview, position: int) -> None:
    """Write `data` at a byte position, however many calls that takes. Raises OSError, with a part written."""
    rest = memoryview(data)
    while rest:
        written = os.pwrite(fd, rest, position)
        position += written
        rest = rest[written:]


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, durably; nothing happens if it is there. Raises OSError."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there with all of its content or not at all, durably. Raises OSError."""
    draft = path.with_name(f"{path.name}.draft")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock that a file stands for; waits for whoever has it. Raises OSError.

    The file is opened anew each time: flock excludes between openings, so threads and forked children take turns too.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


class SyncGuard:
    """Syncs files until a sync fails, and refuses to go on after that.

    Once a sync has failed the kernel may have dropped the bytes, and a second sync would report success.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._failed = False

    def check(self) -> None:
        """Raises StorageError if a sync has failed before."""
        if self._failed:
            problem = f"Nothing more is written to {self._folder}: a sync to disk has failed"
            raise StorageError(problem, "Check the disk (the kernel's messages say more), then start again")

    def sync(self, fd: int) -> None:
        """Make a file's content durable. Raises OSError, once."""
        self.check()
        try:
            os.fsync(fd)
        except OSError:
            self._failed = True
            raise

    def sync_folder(self) -> None:
        """Make the names in the folder durable. Raises OSError, once."""
        self.check()
        try:
            sync_folder(self._folder)
        except OSError:
            self._failed = True
            raise
