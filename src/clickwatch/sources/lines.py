"""Cutting bytes into blocks of whole lines, with a bound on memory that even an endless line keeps."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from clickwatch.eventlog.port import MAX_RECORD_BYTES


@dataclass(frozen=True)
class LineBlock:
    """Whole lines, each with its line end; `first_line` is the number of the first one, counted from 1."""

    data: bytes
    first_line: int


class LineCutter:
    """The running state of cutting one data set: `lines` seen, `too_long` of them left out as no log takes them."""

    def __init__(self, longest: int = MAX_RECORD_BYTES) -> None:
        self._longest = longest
        self._begun: list[bytes] = []
        self._begun_bytes = 0
        self.lines = 0
        self.too_long = 0

    def blocks(self, pieces: Iterable[bytes]) -> Iterator[LineBlock]:
        """Blocks of about one piece each; the last line gets a line end if it has none.

        No piece may be longer than the longest line. If the pieces end with an error, all lines that were whole
        have been handed on before it.
        """
        for piece in pieces:
            end = piece.rfind(b"\n") + 1
            if end:
                begun = piece.find(b"\n") + 1
                yield from self._block(self._finish(piece[:begun]) + piece[begun:end])
            self._begin(piece[end:])
        if self._begun_bytes:
            yield from self._block(self._finish(b"\n"))

    def _block(self, data: bytes) -> Iterator[LineBlock]:
        if data:
            block = LineBlock(data, self.lines + 1)
            self.lines += data.count(b"\n")
            yield block

    def _begin(self, start: bytes) -> None:
        self._begun_bytes += len(start)
        if self._begun_bytes > self._longest:
            self._begun.clear()
        elif start:
            self._begun.append(start)

    def _finish(self, end: bytes) -> bytes:
        """The line begun, with its end; nothing if it is too long."""
        whole = self._begun_bytes + len(end) - 1 <= self._longest
        line = b"".join([*self._begun, end]) if whole else b""
        self._begun.clear()
        self._begun_bytes = 0
        if not whole:
            self.lines += 1
            self.too_long += 1
        return line
