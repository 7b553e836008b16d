"""Writing that survives a crash: bytes are on disk before their name is, and names before anyone hears of them.

All of it raises OSError as it comes.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
_ANY_FOLDER = 0o777  # less the umask


def unique_name() -> str:
    """A name part that no other file has."""
    return secrets.token_hex(8)


def write_all(fd: int, data: bytes | memoryview, position: int) -> None:
    """Write `data` at a byte position, however many calls that takes; after an error a part may be written."""
    rest = memoryview(data)
    while rest:
        written = os.pwrite(fd, rest, position)
        position += written
        rest = rest[written:]


def write_new(path: Path, data: bytes | memoryview, mode: int = PRIVATE_FILE) -> None:
    """Write a new file and sync it; its name is not durable yet."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        write_all(fd, data, 0)
        os.fsync(fd)
    finally:
        os.close(fd)


def write_whole(path: Path, content: bytes | memoryview, mode: int = PRIVATE_FILE) -> None:
    """Write a file, or replace one, so that it is there with all of its content or as it was, durably."""
    draft = _draft(path)
    try:
        write_new(draft, content, mode)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_once(path: Path, content: bytes, mode: int = PRIVATE_FILE) -> None:
    """Write a file whole and durably, unless another process is first: then its file stays."""
    draft = _draft(path)
    write_new(draft, content, mode)
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    sync_folder(path.parent)


@contextmanager
def new_file(path: Path, mode: int = PRIVATE_FILE) -> Iterator[BinaryIO]:
    """Write a new file piece by piece: when the block ends it is there, whole and durably; if that raises, not at all.

    Raises FileExistsError if another process made it meanwhile, whose file stays.
    """
    draft = _draft(path)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def sync_file(path: Path) -> None:
    """Make the bytes of a file durable that another library wrote."""
    _sync(path, os.O_RDONLY)


def make_folder(folder: Path, mode: int = _ANY_FOLDER) -> None:
    """Make a folder and those above it, durably; nothing happens if it is there."""
    if folder.is_dir():
        return
    make_folder(folder.parent, mode)
    folder.mkdir(mode=mode, exist_ok=True)
    sync_folder(folder.parent)


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.{unique_name()}.draft")


def _sync(path: Path, flags: int) -> None:
    fd = os.open(path, flags)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
