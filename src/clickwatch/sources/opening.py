"""Opening a data set: a plain file, a gzipped one (known by its content) or standard input, as pieces of bytes."""

import os
import select
import stat
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from clickwatch.errors import SourceError

PIECE = 4 * 1024 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_LOOK_AROUND = 0.2  # seconds


class InputFile:
    """A data set being read: `position` bytes of `total` (None where nobody knows) have been read.

    `-` is standard input. Raises SourceError where it cannot be opened.
    """

    def __init__(self, name: str, stopping: Callable[[], bool]) -> None:
        self.name = "standard input" if name == "-" else name
        self.position = 0
        self._stopping = stopping
        self._is_ours = name != "-"
        self._file = self._opened(name) if self._is_ours else 0
        mode = os.fstat(self._file)
        self.total = mode.st_size if stat.S_ISREG(mode.st_mode) else None

    def __enter__(self) -> "InputFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_ours:
            os.close(self._file)

    def pieces(self) -> Iterator[bytes]:
        """The bytes from the beginning, unpacked, in pieces of at most PIECE; ends early when stopping.

        Raises SourceError where reading fails, or a gzip stream is damaged or breaks off: after all bytes before it.
        """
        raw = self._raw()
        head = b""
        while len(head) < len(_GZIP_MAGIC) and (piece := next(raw, b"")):
            head += piece
        if head.startswith(_GZIP_MAGIC):
            yield from self._unpacked(head, raw)
            return
        if head:
            yield head
        yield from raw

    def _opened(self, name: str) -> int:
        try:
            if Path(name).is_dir():
                raise SourceError(f"{name} is a folder", "Name a file, or - for standard input")
            return os.open(name, os.O_RDONLY)
        except OSError as error:
            raise SourceError(
                f"{name} cannot be read: {error.strerror}", "Name a file, or - for standard input"
            ) from error

    def _raw(self) -> Iterator[bytes]:
        while piece := self._read_piece():
            self.position += len(piece)
            yield piece

    def _read_piece(self) -> bytes:
        """The next bytes: as many as there are, up to PIECE, without waiting for more once there are some."""
        got: list[bytes] = []
        room = PIECE
        while room and not self._stopping():
            if self.total is None and not select.select([self._file], [], [], 0 if got else _LOOK_AROUND)[0]:
                if got:
                    break
                continue
            try:
                data = os.read(self._file, room)
            except OSError as error:
                raise SourceError(
                    f"Reading {self.name} failed: {error.strerror}", "Check the disk that holds it"
                ) from error
            if not data:
                break
            got.append(data)
            room -= len(data)
        return b"".join(got) if len(got) != 1 else got[0]

    def _unpacked(self, packed: bytes, raw: Iterator[bytes]) -> Iterator[bytes]:
        """All members of a gzip stream; zeros after the last one are padding."""
        unpacker = zlib.decompressobj(wbits=31)
        while True:
            try:
                piece = unpacker.decompress(packed, PIECE)
            except zlib.error as error:
                raise self._damaged("is damaged") from error
            if piece:
                yield piece
            packed = unpacker.unconsumed_tail
            if unpacker.eof:
                packed = _next_member(unpacker.unused_data, raw)
                if not packed:
                    return
                unpacker = zlib.decompressobj(wbits=31)
            elif not packed and len(piece) < PIECE:
                packed = next(raw, b"")
                if not packed:
                    if self._stopping():
                        return
                    raise self._damaged("breaks off before its end")

    def _damaged(self, how: str) -> SourceError:
        return SourceError(
            f"The gzip stream of {self.name} {how}; the whole lines before that place are on the log",
            "Get the file again",
        )


def _next_member(rest: bytes, raw: Iterator[bytes]) -> bytes:
    while not (rest := rest.lstrip(b"\0")):
        rest = next(raw, b"")
        if not rest:
            break
    return rest
