"""From the client library's messages to columns: each attribute of all messages at once, none message by message."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import cast

import numpy as np
from numpy.typing import NDArray

from clickwatch.errors import LogError
from clickwatch.eventlog.kafka.client import TIMESTAMP_LOG_APPEND_TIME, Message
from clickwatch.eventlog.port import READABLE_BEYOND, Buffer, RecordBlock

_MILLISECOND = 1000


@dataclass(frozen=True)
class Fetched:
    """Records in offset order: `values`, and int64 columns of their length; `log_times` in µs, UTC."""

    values: list[bytes]
    sizes: NDArray[np.int64]
    offsets: NDArray[np.int64]
    log_times: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.values)

    def part(self, start: int, stop: int) -> "Fetched":
        """The records `[start, stop)`."""
        cut = slice(start, stop)
        return Fetched(self.values[cut], self.sizes[cut], self.offsets[cut], self.log_times[cut])


NOTHING = Fetched([], *(np.empty(0, np.int64) for _ in range(3)))


def columns_of(messages: Sequence[Message]) -> Fetched:
    """The columns of messages without an error; one without a value is an empty record.

    Raises LogError if the log did not stamp them itself.
    """
    count = len(messages)
    values = _values(messages)
    stamps = np.fromiter(chain.from_iterable(map(Message.timestamp, messages)), np.int64, 2 * count).reshape(count, 2)
    if (stamps[:, 0] != TIMESTAMP_LOG_APPEND_TIME).any():
        raise producers_clock(str(messages[0].topic()))
    return Fetched(
        values,
        np.fromiter(map(len, values), np.int64, count),
        np.fromiter(map(Message.offset, messages), np.int64, count),
        stamps[:, 1] * _MILLISECOND,
    )


def _values(messages: Sequence[Message]) -> list[bytes]:
    values = list(map(Message.value, messages))
    return [value or b"" for value in values] if None in values else cast(list[bytes], values)


def producers_clock(topic: str) -> LogError:
    """The error for a topic whose records carry times of their producers: any wrong clock there would shift windows."""
    return LogError(
        f"The topic {topic} takes its records' times from their producers",
        "Give it message.timestamp.type=LogAppendTime; records that it holds already need a new topic",
    )


def block_of(partition: int, pieces: Sequence[Fetched], next_offset: int, buffer: Buffer) -> RecordBlock:
    """The pieces one after the other as one block, its bytes in the room that `buffer` gives."""
    sizes = _joined([piece.sizes for piece in pieces])
    ends = np.cumsum(sizes)
    size = int(sizes.sum())
    data = buffer(size + READABLE_BEYOND)
    data[:size] = np.frombuffer(b"".join(chain.from_iterable(piece.values for piece in pieces)), np.uint8)
    data[size:] = 0
    offsets, log_times = (_joined([getattr(p, name) for p in pieces]) for name in ("offsets", "log_times"))
    return RecordBlock(partition, data, ends - sizes, ends, offsets, log_times, next_offset)


def _joined(columns: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(columns) if columns else np.empty(0, np.int64)
