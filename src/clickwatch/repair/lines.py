"""The lines of an edited file, with their numbers, and bounds that hold before anything is parsed."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from clickwatch.errors import RepairError
from clickwatch.repair.document import MAX_LINE_BYTES

MAX_FILE_BYTES = 1024 * 1024 * 1024
_CURE = "Name the file that `clickwatch quarantine export` wrote and you have edited"


@dataclass(frozen=True)
class Line:
    """Line `number`, counted from 1; `content` is without its end, and None where it is too long to be looked at."""

    number: int
    content: bytes | None


class EditedFile:
    """An edited file, open: `position` bytes of `size` (None where nobody knows) have been read."""

    def __init__(self, name: str, file: BinaryIO, size: int | None) -> None:
        self.name = name
        self.size = size
        self.position = 0
        self._file = file

    def lines(self, until: Callable[[], bool]) -> Iterator[Line]:
        """Its lines, but for blank ones, which hold nothing; `until` ends it early.

        Raises RepairError if the file is too large or cannot be read.
        """
        number = 0
        while not until() and (content := self._piece()):
            number += 1
            is_long = len(content) > MAX_LINE_BYTES and not content.endswith(b"\n")
            while is_long and not content.endswith(b"\n"):
                content = self._piece() or b"\n"
            if is_long or content.strip():
                yield Line(number, None if is_long else content.removesuffix(b"\n"))

    def _piece(self) -> bytes:
        """A line, or as much of it as a line may be long; nothing at the end."""
        try:
            piece = self._file.readline(MAX_LINE_BYTES + 1)
        except OSError as error:
            problem = f"Reading {self.name} failed: {error.strerror}"
            raise RepairError(problem, "Check the disk that holds it") from error
        self.position += len(piece)
        _check_size(self.name, self.position)
        return piece


@contextmanager
def edited_file(path: Path) -> Iterator[EditedFile]:
    """The file at `path`, open for reading. Raises RepairError if it cannot be read or is too large."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise RepairError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}", _CURE) from error
    with file:
        mode = os.fstat(file.fileno())
        size = mode.st_size if stat.S_ISREG(mode.st_mode) else None
        _check_size(str(path), size or 0)
        yield EditedFile(str(path), file, size)


def _check_size(name: str, size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise RepairError(f"{name} is larger than {MAX_FILE_BYTES // 1024**3} GiB", "Split it into smaller files")
