"""One look at every byte of a run of records: which of them could be plain, and where their members are parted."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from clickwatch.domain.event import MAX_RECORD_BYTES
from clickwatch.eventlog.port import READABLE_BEYOND
from clickwatch.intake.words import Bytes, Flags, Positions

_NEWLINE, _SPACE, _QUOTE, _BACKSLASH, _DELETE = b'\n "\\\x7f'
_ASCII_END = 0x80
_FEW = 8
_PIECE = 256 * 1024


class Scan:
    """The records `starts[i]:ends[i]` of `data`, ascending and apart, as far as they can be told from single bytes.

    `possible` says which records are of valid UTF-8, of a size that is taken, and hold neither a backslash nor a
    control character. Records that fail are not plain; nothing is said about why.
    """

    def __init__(self, data: Bytes, starts: Positions, ends: Positions) -> None:
        self.data, self.starts, self.ends = data, starts, ends
        self._base = int(starts[0])
        self._bytes = data[self._base : int(ends[-1])]
        self._is_quote = self._bytes == _QUOTE
        self._parted_by_newlines = self._newlines_part()
        sizes = ends - starts
        self.possible: Flags = (sizes <= MAX_RECORD_BYTES) & (sizes > 1) & (ends <= len(data) - READABLE_BEYOND)
        self._find_impossible()
        self._separators: dict[bytes, tuple[Positions, Positions, Positions]] = {}

    def __len__(self) -> int:
        return len(self.starts)

    def record(self, row: int) -> bytes:
        """The bytes of one record."""
        return self.data[self.starts[row] : self.ends[row]].tobytes()

    def _newlines_part(self) -> bool:
        between = self.starts[1:] - self.ends[:-1]
        return bool((between == 1).all()) and bool((self.data[self.ends[:-1]] == _NEWLINE).all())

    def _find_impossible(self) -> None:
        newlines = len(self) - 1 if self._parted_by_newlines else 0
        if _odd_bytes(self._bytes) == newlines:
            return
        odd = (self._bytes < _SPACE) | (self._bytes == _DELETE) | (self._bytes == _BACKSLASH)
        if np.count_nonzero(odd) > newlines:
            self._mark(np.flatnonzero(odd))
        self._judge_text()

    def _mark(self, positions: Positions) -> None:
        """Take out the records that have a byte at one of these positions of the run."""
        at = positions + self._base
        rows = np.searchsorted(self.starts, at, side="right") - 1
        self.possible[rows[at < self.ends[rows]]] = False

    def _judge_text(self) -> None:
        """Take out what is no UTF-8, and the control characters U+0080 to U+009F."""
        high = self._bytes >= _ASCII_END
        if not np.count_nonzero(high):
            return
        c1 = (self._bytes[:-1] == 0xC2) & (self._bytes[1:] < 0xA0)
        if np.count_nonzero(c1):
            self._mark(np.flatnonzero(c1))
        # A record from brace to brace of sound text is sound itself: no character spans its bounds.
        if _is_utf8(self._bytes):
            return
        at = np.flatnonzero(high) + self._base
        for row in np.unique(np.searchsorted(self.starts, at, side="right") - 1):
            if self.possible[row] and not _is_utf8(self.data[self.starts[row] : self.ends[row]]):
                self.possible[row] = False

    def separators(self, separator: bytes) -> tuple[Positions, Positions, Positions]:
        """Positions of a separator in `data`; of each record, its first one's place among them, and how many follow."""
        if separator not in self._separators:
            positions = np.concatenate(list(_occurrences(self._bytes, separator))) + self._base
            first = np.searchsorted(positions, self.starts)
            self._separators[separator] = positions, first, np.diff(first, append=len(positions))
        return self._separators[separator]

    def have_quotes(self, rows: Positions, quotes: Positions) -> Flags:
        """Which of these records have exactly so many quotes, given that none has fewer."""
        if self._parted_by_newlines:
            others = np.ones(len(self), dtype=bool)
            others[rows] = False
            rest: list[int] = np.flatnonzero(others).tolist()
            few = len(rest) <= len(self) // _FEW
            if few and self._all_quotes() == int(quotes.sum()) + sum(map(self._quotes_of, rest)):
                return np.ones(len(rows), dtype=bool)
        at = np.flatnonzero(self._is_quote) + self._base
        exact: Flags = np.searchsorted(at, self.ends[rows]) - np.searchsorted(at, self.starts[rows]) == quotes
        return exact

    def _all_quotes(self) -> int:
        return int(np.count_nonzero(self._is_quote))

    def _quotes_of(self, row: int) -> int:
        start, end = int(self.starts[row]) - self._base, int(self.ends[row]) - self._base
        return int(np.count_nonzero(self._is_quote[start:end]))


def _pieces(text: Bytes) -> Iterator[Bytes]:
    """The text in pieces that stay in the processor's cache while several looks are taken at them."""
    for start in range(0, len(text), _PIECE):
        yield text[start : start + _PIECE]


def _odd_bytes(text: Bytes) -> int:
    """How many bytes are no printable ASCII, or a backslash."""
    count = 0
    for piece in _pieces(text):
        odd = (piece - _SPACE) >= _DELETE - _SPACE
        odd |= piece == _BACKSLASH
        count += int(np.count_nonzero(odd))
    return count


def _occurrences(text: Bytes, pattern: bytes) -> Iterator[Positions]:
    """Where a short pattern stands in a text, ascending."""
    for start in range(0, len(text), _PIECE):
        piece = text[start : start + _PIECE + len(pattern) - 1]
        last = max(len(piece) - len(pattern) + 1, 0)
        found = piece[:last] == pattern[0]
        for k in range(len(pattern) - 1, 0, -1):
            found &= piece[k : k + last] == pattern[k]
        yield np.flatnonzero(found) + start


def _is_utf8(text: Bytes) -> bool:
    offsets = pa.py_buffer(np.array([0, len(text)], dtype=np.int64))
    try:
        pa.LargeStringArray.from_buffers(1, offsets, pa.py_buffer(np.ascontiguousarray(text))).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
