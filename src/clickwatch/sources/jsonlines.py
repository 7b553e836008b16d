"""Events as they are: newline-delimited records that go onto the log byte for byte, broken ones too.

Only what pacing and partitioning need is looked at, by pattern: whether a record keeps the contract is for intake
to judge.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from clickwatch.sources.batch import NO_TIME, LineBatch, split_lines
from clickwatch.sources.lines import LineBlock

_USER = r'"user_id"[ \t]*:[ \t]*(?P<found>"[^"]*"|[0-9]+)'
_TIME = r'"timestamp"[ \t]*:[ \t]*"(?P<found>[0-9T:.Zz+-]*)"'
_TO_MICROS = "SELECT epoch_us(TRY_CAST(written AS TIMESTAMPTZ)) AS micros FROM times"


class JsonLines:
    """Reads blocks of newline-delimited events. `keyed`: find the keys; `timed`: find the event times."""

    def __init__(self, keyed: bool, timed: bool) -> None:
        self._keyed = keyed
        self._timed = timed
        import duckdb  # a tenth of every command's start, and only replaying needs it

        self._engine = duckdb.connect()
        self._engine.execute("SET TimeZone = 'UTC'")

    def batch(self, block: LineBlock) -> LineBatch:
        """The block's lines, each with its line end."""
        lines = split_lines(block.data)
        return LineBatch(lines, user_keys(lines) if self._keyed else None, self._times(lines) if self._timed else None)

    def _times(self, lines: pa.Array) -> NDArray[np.int64]:
        """The event times; NO_TIME where there is none that can be read."""
        written = pc.extract_regex(lines, _TIME).field("found")
        times = pa.table({"written": written.cast(pa.string())})
        self._engine.register("times", times)
        micros = self._engine.sql(_TO_MICROS).to_arrow_table().column("micros")
        return np.asarray(micros.combine_chunks().fill_null(NO_TIME))


def user_keys(lines: pa.Array) -> pa.DictionaryArray:
    """The first user id of each line, null where none is found; `5` and `"5"` are one key."""
    matches = pc.extract_regex(lines, _USER)
    found = pc.if_else(matches.is_valid(), matches.field("found"), pa.scalar(None, pa.binary()))
    written = found.dictionary_encode()
    quoted = pc.starts_with(written.dictionary, b'"')
    bare = pc.if_else(quoted, pc.binary_slice(written.dictionary, 1, -1), written.dictionary)
    return pa.DictionaryArray.from_arrays(written.indices, bare)
