"""Whether data files are what was written: their bytes against the checksum in their name."""

import mmap
from collections.abc import Iterable, Iterator
from pathlib import Path

from clickwatch.archive.deltalog import CURE
from clickwatch.archive.naming import parse
from clickwatch.errors import ArchiveError
from clickwatch.files.checksum import crc32
from clickwatch.files.refusals import storage_errors


def check_bytes(paths: Iterable[Path]) -> Iterator[Path]:
    """The same paths, each after its file was read and found whole.

    Raises ArchiveError that names the file if a byte of it has changed, StorageError if it cannot be read. Files of
    another writer have no checksum in their name.
    """
    for path in paths:
        name = parse(path.name)
        if name is not None and _crc(path) != name.crc:
            raise ArchiveError(f"the archive's file {path} is damaged: its bytes are not those that were written", CURE)
        yield path


def _crc(path: Path) -> int:
    with storage_errors("read", path), path.open("rb") as file:
        if not path.stat().st_size:
            return 0
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content, memoryview(content) as view:
            return crc32(view)
