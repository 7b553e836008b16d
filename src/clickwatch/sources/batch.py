"""What every source hands on: records in order, with the keys that choose their partitions."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

NO_TIME = np.iinfo(np.int64).min
"""Stands in `times` for a record whose time cannot be read."""


@dataclass(frozen=True)
class LineBatch:
    """Records as columns of one length.

    `lines` (Arrow binary): each record with its line end. `keys` (Arrow dictionary of binary): what chooses the
    partition, null for a record without a key; None where the log has one partition. `times` (int64, µs since the
    Unix epoch, UTC, or NO_TIME): the event times; None where nothing is paced by them.
    """

    lines: pa.Array
    keys: pa.DictionaryArray | None
    times: NDArray[np.int64] | None

    def __len__(self) -> int:
        return len(self.lines)

    def part(self, start: int, stop: int) -> "LineBatch":
        """The records `[start, stop)`, without copying them."""
        size = stop - start
        keys = None if self.keys is None else self.keys.slice(start, size)
        return LineBatch(self.lines.slice(start, size), keys, None if self.times is None else self.times[start:stop])


def joined(lines: pa.Array) -> bytes:
    """The records of an Arrow binary array one after the other."""
    if len(lines) == 0:
        return b""
    _, offsets, data = lines.buffers()
    bounds = np.frombuffer(offsets, dtype=np.int32)
    first, last = int(bounds[lines.offset]), int(bounds[lines.offset + len(lines)])
    return bytes(memoryview(data)[first:last])


def split_lines(data: bytes) -> pa.Array:
    """Newline-terminated records as an Arrow binary array over the same bytes; each keeps its line end."""
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n"))
    offsets = np.zeros(len(ends) + 1, dtype=np.int32)
    offsets[1:] = ends + 1
    return pa.Array.from_buffers(pa.binary(), len(ends), [None, pa.py_buffer(offsets), pa.py_buffer(data)])
