"""The REES46 open data sets (CSV, one file a month) as events of the contract.

`event_time` is UTC; the category is the part of `category_code` before the first dot; `user_session` becomes
`session_id`; there is no event id; `brand` and `category_id` are left out. The event type goes on as it stands.
"""

import csv

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from clickwatch.errors import SourceError
from clickwatch.sources.batch import LineBatch
from clickwatch.sources.csvrows import BadRow, CsvReader, Rows
from clickwatch.sources.lines import LineBlock

WANTED = ("event_time", "event_type", "product_id", "category_code", "price", "user_id", "user_session")
_BOM = b"\xef\xbb\xbf"
_EXAMPLES = 5

_TYPED = r"""
WITH typed AS (
    SELECT *,
        CASE WHEN regexp_full_match(event_time, '\d{4}-\d\d-\d\d ([01]\d|2[0-3]):[0-5]\d:[0-5]\d UTC')
            THEN TRY_CAST(event_time[:19] AS TIMESTAMP) END AS moment,
        regexp_full_match(price, '(-?(0|[1-9]\d{0,17})(\.\d{1,18})?)?') AS is_price,
        split_part(category_code, '.', 1) AS category
    FROM rows
)
SELECT line,
    CASE
        WHEN moment IS NULL THEN concat('event_time ', to_json(left(event_time, 40)), ' is no UTC time')
        WHEN user_id = '' THEN 'user_id is empty'
        WHEN product_id = '' THEN 'product_id is empty'
        WHEN NOT is_price THEN concat('price ', to_json(left(price, 40)), ' is no number')
    END AS problem,
    concat(
        '{"user_id":', to_json(user_id), ',"product_id":', to_json(product_id), ',"event_type":', to_json(event_type),
        ',"timestamp":"', event_time[:10], 'T', event_time[12:19], 'Z"',
        CASE WHEN category <> '' THEN concat(',"category":', to_json(category)) END,
        CASE WHEN user_session <> '' THEN concat(',"session_id":', to_json(user_session)) END,
        CASE WHEN price <> '' THEN concat(',"price":', price) END,
        chr(125), chr(10)
    ) AS record,
    user_id,
    epoch_us(moment) AS event_time
FROM typed
"""


class Rees46:
    """Reads a REES46 file block by block; `unreadable` rows are counted, the first of them kept as `examples`."""

    def __init__(self) -> None:
        self._reader: CsvReader | None = None
        import duckdb  # a tenth of every command's start, and only replaying needs it

        self._engine = duckdb.connect()
        self.unreadable = 0
        self.examples: list[BadRow] = []

    def batch(self, block: LineBlock) -> LineBatch:
        """The block's rows as events, in order. Raises SourceError if the first line is no REES46 header."""
        if self._reader is None:
            end = block.data.index(b"\n") + 1
            self._reader = CsvReader(_header(block.data[:end]), WANTED)
            block = LineBlock(block.data[end:], block.first_line + 1)
        return self._events(self._reader.rows(block))

    def rest(self) -> LineBatch:
        """The last rows, once there are no more blocks. Raises SourceError if there never was a header."""
        if self._reader is None:
            raise _no_header("The file is empty: not even a header")
        return self._events(self._reader.rest())

    def _events(self, rows: Rows) -> LineBatch:
        self._engine.register("rows", rows.table)
        events = self._engine.sql(_TYPED).to_arrow_table().combine_chunks()
        problem = events.column("problem")
        bad = list(rows.bad)
        if problem.null_count < len(events):
            is_bad = problem.is_valid()
            refused = events.filter(is_bad)
            bad += [
                BadRow(line, why, "")
                for line, why in zip(refused["line"].to_pylist(), refused["problem"].to_pylist(), strict=True)
            ]
            events = events.filter(problem.is_null()).combine_chunks()
        self._note(sorted(bad, key=lambda row: row.line))
        return LineBatch(
            _binary(events["record"]), _binary(events["user_id"]).dictionary_encode(), _numbers(events["event_time"])
        )

    def _note(self, bad: list[BadRow]) -> None:
        self.unreadable += len(bad)
        self.examples += bad[: _EXAMPLES - len(self.examples)]


def _header(line: bytes) -> list[str]:
    try:
        names = next(csv.reader([line.removeprefix(_BOM).decode().rstrip("\r\n")], strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        names = []
    missing = [name for name in WANTED if names.count(name) != 1]
    if missing:
        raise _no_header(f"The header lacks {', '.join(missing)}" if names else "The first line is no CSV header")
    return names


def _no_header(problem: str) -> SourceError:
    return SourceError(
        problem, "REES46 files begin with event_time,event_type,product_id,…; for lines of JSON use --format clickwatch"
    )


def _binary(column: pa.ChunkedArray) -> pa.Array:
    return _one(column).cast(pa.binary())


def _numbers(column: pa.ChunkedArray) -> NDArray[np.int64]:
    return np.asarray(_one(column))


def _one(column: pa.ChunkedArray) -> pa.Array:
    return (
        column.chunk(0)
        if column.num_chunks == 1
        else pa.concat_arrays(column.chunks)
        if column.num_chunks
        else pa.array([], column.type)
    )
