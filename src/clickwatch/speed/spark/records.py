"""Records of a log as Spark carries them: the columns that every source of records gives, and blocks made of them."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from clickwatch.eventlog.port import RecordBlock

RECORDS = pa.schema(
    [
        pa.field("partition", pa.int32(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("next_offset", pa.int64(), nullable=False),
        pa.field("log_time", pa.int64(), nullable=False),
        pa.field("value", pa.binary()),
    ]
)
"""`next_offset` is where reading goes on after the record; `log_time` in µs since the Unix epoch, UTC."""


def as_batch(block: RecordBlock) -> pa.RecordBatch:
    """The records of a block as one batch with the columns RECORDS."""
    return pa.record_batch(
        [
            pa.array(np.full(len(block), block.partition, np.int32)),
            pa.array(block.offsets),
            pa.array(np.append(block.offsets[1:], block.next_offset)),
            pa.array(block.log_times),
            _values(block),
        ],
        schema=RECORDS,
    )


def as_blocks(batch: pa.RecordBatch) -> Iterator[RecordBlock]:
    """A block for each partition in a batch with the columns RECORDS, in the order of the rows."""
    partitions = batch["partition"].to_numpy()
    present = np.unique(partitions).tolist()
    for partition in present:
        mine = batch if len(present) == 1 else batch.filter(pa.array(partitions == partition))
        bounds, data = _texts(mine["value"])
        yield RecordBlock(
            partition=partition,
            data=data,
            starts=bounds[:-1],
            ends=bounds[1:],
            offsets=mine["offset"].to_numpy(),
            log_times=mine["log_time"].to_numpy(),
            next_offset=int(mine["next_offset"][-1].as_py()),
        )


def _values(block: RecordBlock) -> pa.BinaryArray:
    """The records without what lies between them, copied once."""
    bounds = np.stack([block.starts, block.ends], axis=1).ravel()
    first = int(bounds[0])
    bounds = np.append(bounds - first, bounds[-1] - first).astype(np.int32)
    data = pa.py_buffer(block.data[first : first + int(bounds[-1])])
    between = pa.Array.from_buffers(pa.binary(), len(bounds) - 1, [None, pa.py_buffer(bounds), data])
    return between.take(pa.array(np.arange(0, len(bounds) - 1, 2)))


def _texts(values: pa.BinaryArray) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Where the values stand, each up to the next one, and their bytes."""
    _, offsets, data = values.buffers()
    bounds = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1].astype(np.int64)
    return bounds, np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
