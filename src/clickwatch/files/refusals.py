"""What the operating system refuses, said for an operator."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clickwatch.errors import StorageError

_PERMIT = "Give the user that runs clickwatch read and write permission there"
_MOVE_ASIDE = "Move the file in its way aside, or set CLICKWATCH_HOME to another folder"
_CURES = {
    errno.ENOSPC: "Free space on that disk, then start again",
    errno.EDQUOT: "Free space or raise the disk quota, then start again",
    errno.EFBIG: "Raise the file size limit of this process (ulimit -f), then start again",
    errno.EACCES: _PERMIT,
    errno.EPERM: f"{_PERMIT}, on a file system that has hard links",
    errno.EROFS: "Make that disk writable, or set CLICKWATCH_HOME to one that is",
    errno.EMFILE: "Raise the limit of open files (ulimit -n), then start again",
    errno.ENOENT: "Restore it from a backup, or set CLICKWATCH_HOME to the folder that holds it",
    errno.EEXIST: _MOVE_ASIDE,
    errno.ENOTDIR: _MOVE_ASIDE,
    errno.EFAULT: "Check the disk (the kernel's messages say more), and restore the file from a backup",
}
_DEFAULT_CURE = "Check the disk (the kernel's messages say more), then start again"


@contextmanager
def storage_errors(action: str, path: Path) -> Iterator[None]:
    """Turn an OSError into a StorageError: `action` says what was tried with `path`, as in 'write to'.

    The file that the system itself names is shown in place of `path`.
    """
    try:
        yield
    except OSError as error:
        place = path if error.filename is None else os.fsdecode(error.filename)
        reason = (error.strerror or str(error)).lower()
        cure = _CURES.get(error.errno or 0, _DEFAULT_CURE)
        raise StorageError(f"Cannot {action} {place}: {reason}", cure) from error
