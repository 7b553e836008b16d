"""Rows of a CSV file block by block: bad ones are set apart and named, never fatal (RFC 4180, with any line end).

A row is a line; only a quoted field may go over several lines. Rows without a quote, which is nearly all of a data
set, are split in columns; rows with one are read by Python's own reader, one by one, so that a quote that never
closes costs its own row and no other.
"""

import csv
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from clickwatch.sources.batch import joined, split_lines
from clickwatch.sources.lines import LineBlock

# A quoted field that is still open after so much was never meant to go over lines.
_MOST_LINES = 10
_LONGEST_ROW = 1024 * 1024
_LONGEST_SAMPLE = 80


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be read: the number of its first line in the file, why, and how it begins."""

    line: int
    problem: str
    text: str


@dataclass(frozen=True)
class Rows:
    """The rows of one block. `table`: the wanted columns as strings, and `line` (int64), by line; `bad`: the others."""

    table: pa.Table
    bad: list[BadRow]


class CsvReader:
    """Reads the blocks that follow a header. `columns`: the header's names; `wanted`: those that are kept."""

    def __init__(self, columns: list[str], wanted: tuple[str, ...]) -> None:
        self._columns = columns
        self._wanted = list(wanted)
        self._held = LineBlock(b"", 1)

    def rows(self, block: LineBlock) -> Rows:
        """The block's rows; a row that may go on in the next block is kept for it."""
        return self._rows(self._with_held(block), is_last=False)

    def rest(self) -> Rows:
        """What was kept, once there are no more blocks."""
        return self._rows(self._with_held(LineBlock(b"", 1)), is_last=True)

    def _with_held(self, block: LineBlock) -> LineBlock:
        held, self._held = self._held, LineBlock(b"", 1)
        return LineBlock(held.data + block.data, held.first_line) if held.data else block

    def _rows(self, block: LineBlock, is_last: bool) -> Rows:
        data = block.data.replace(b"\r\n", b"\n") if b"\r" in block.data else block.data
        lines = split_lines(data)
        special = _special(lines, data)
        plain = ~special & (np.asarray(pc.binary_length(lines)) > 1)
        found: list[tuple[int, list[str]]] = []
        bad: list[BadRow] = []
        stop = 0
        texts = lines.to_pylist() if special.any() else []
        for start in np.flatnonzero(special).tolist():
            if start < stop:
                continue
            stop, row = self._read_one(texts, start, block.first_line, is_last)
            plain[start:stop] = False
            if isinstance(row, BadRow):
                bad.append(row)
            elif row is not None:
                found.append((block.first_line + start, row))
        table, wrong = self._split(lines, data, plain, block.first_line)
        if found:
            table = pa.concat_tables([table, self._table(found)]).sort_by("line")
        return Rows(table, sorted([*bad, *wrong], key=lambda row: row.line))

    def _split(
        self, lines: pa.Array, data: bytes, plain: NDArray[np.bool_], first_line: int
    ) -> tuple[pa.Table, list[BadRow]]:
        """The rows of lines without a quote: their count of commas is right, or they are bad."""
        columns = np.asarray(pc.count_substring(lines, b",")) + 1
        fits = plain & (columns == len(self._columns))
        wrong = np.flatnonzero(plain & ~fits).tolist()
        bad = [self._wrong_count(first_line + at, lines[at].as_py(), int(columns[at])) for at in wrong]
        if not fits.any():
            return self._table([]), bad
        good = data if fits.all() else joined(lines.filter(pa.array(fits)))
        table = arrow_csv.read_csv(
            pa.BufferReader(good),
            read_options=arrow_csv.ReadOptions(column_names=self._columns, block_size=len(good) + 1),
            parse_options=arrow_csv.ParseOptions(quote_char=False),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=self._wanted, column_types=dict.fromkeys(self._wanted, pa.string())
            ),
        )
        return table.append_column("line", pa.array(first_line + np.flatnonzero(fits))), bad

    def _read_one(
        self, lines: list[bytes], start: int, first_line: int, is_last: bool
    ) -> tuple[int, list[str] | BadRow | None]:
        """Where the row that begins at `start` stops, and its columns; None if it is kept for the next block."""
        text = b""
        for stop in range(start + 1, min(start + _MOST_LINES, len(lines)) + 1):
            text += lines[stop - 1]
            try:
                row = next(csv.reader([text.decode().removesuffix("\n")], strict=True))
            except UnicodeDecodeError:
                return start + 1, BadRow(first_line + start, "not UTF-8", _sample(text))
            except csv.Error as error:
                if "unexpected end of data" in str(error) and len(text) < _LONGEST_ROW:
                    continue
                return start + 1, BadRow(first_line + start, f"broken CSV ({error})", _sample(text))
            if len(row) == len(self._columns):
                return stop, row
            if stop == start + 1:
                return stop, self._wrong_count(first_line + start, text, len(row))
            break
        else:
            if not is_last and len(lines) - start < _MOST_LINES:
                self._held = LineBlock(text, first_line + start)
                return len(lines), None
        return start + 1, BadRow(first_line + start, "a quote that does not close", _sample(lines[start]))

    def _table(self, rows: list[tuple[int, list[str]]]) -> pa.Table:
        """Rows that were read one by one, with the numbers of their lines."""
        places = [self._columns.index(name) for name in self._wanted]
        columns = [pa.array([row[place] for _, row in rows], pa.string()) for place in places]
        return pa.table([*columns, pa.array([line for line, _ in rows], pa.int64())], names=[*self._wanted, "line"])

    def _wrong_count(self, line: int, text: bytes, columns: int) -> BadRow:
        return BadRow(line, f"{columns} columns in place of {len(self._columns)}", _sample(text))


def _special(lines: pa.Array, data: bytes) -> NDArray[np.bool_]:
    """Which lines hold a quote, a carriage return inside, or bytes that are no UTF-8."""
    special = np.zeros(len(lines), dtype=np.bool_)
    for letter in (b'"', b"\r"):
        if letter in data:
            special |= np.asarray(pc.find_substring(lines, letter)) >= 0
    if not _is_text(data):
        special |= np.array([not _is_text(line) for line in lines.to_pylist()])
    return special


def _is_text(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _sample(text: bytes) -> str:
    """The beginning of a row, fit to be shown on a terminal."""
    line = text.split(b"\n", 1)[0].decode(errors="replace")
    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
    return shown if len(shown) <= _LONGEST_SAMPLE else shown[: _LONGEST_SAMPLE - 1] + "…"
