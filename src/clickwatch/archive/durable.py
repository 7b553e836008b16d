"""Files that are on disk before anyone hears of them: private modes, synced contents, synced folders."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clickwatch.errors import StorageError

_CURES = {
    errno.ENOSPC: "Free some space on that disk and start again",
    errno.EDQUOT: "Free some space within the quota and start again",
    errno.EFBIG: "Raise the limit on file sizes and start again",
    errno.EACCES: "Let this user read and write there",
    errno.EPERM: "Let this user read and write there, on a file system that has hard links",
    errno.EROFS: "Mount the disk for writing",
    errno.ENOTDIR: "Choose another place, or move the file away that stands in the way",
}


@contextmanager
def storage_errors(doing: str, path: Path) -> Iterator[None]:
    """Every OSError inside becomes a StorageError that names the file, except that a name is taken."""
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        cure = _CURES.get(error.errno or 0, "Check the disk and its mount")
        raise StorageError(f"cannot {doing} {error.filename or path}: {error.strerror or error}", cure) from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make the bytes of a file durable that another library wrote."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folders(root: Path, *names: str) -> Path:
    """`root/names…`, each missing level made with mode 0700 and durable; `root` itself must be there."""
    for name in names:
        child = root / name
        if not child.is_dir():
            child.mkdir(mode=0o700, exist_ok=True)
            sync_folder(root)
        root = child
    return root


def write_new(path: Path, data: bytes | memoryview) -> int:
    """Write a new file of mode 0600 and sync it (its name is not durable yet); returns its mtime in ms."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) :]
        os.fsync(descriptor)
        return os.fstat(descriptor).st_mtime_ns // 1_000_000


def unique_name() -> str:
    """A name part that no other file has."""
    return secrets.token_hex(8)
