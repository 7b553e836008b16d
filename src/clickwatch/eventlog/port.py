"""What every event log offers, wherever it keeps its records."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

MAX_RECORD_BYTES = 16 * 1024 * 1024
"""The longest record that a log takes; intake refuses far shorter ones with a reason of its own."""

READABLE_BEYOND = 512
"""An adapter leaves this many bytes readable after a block's last record: judging then needs no copy of it."""


Buffer = Callable[[int], NDArray[np.uint8]]
"""Makes room for so many bytes, of any content."""


def new_buffer(size: int) -> NDArray[np.uint8]:
    """Room of its own for the bytes of one block."""
    return np.empty(size, np.uint8)


@dataclass(frozen=True)
class RecordBlock:
    """Records of one partition in offset order, as columns over one buffer.

    Record i is `data[starts[i]:ends[i]]`, without its line end. `data` (uint8) may hold other bytes between
    the records and must not be changed. `starts`, `ends`, `offsets`, `log_times` are int64 and of one
    length; log times are µs since the Unix epoch, UTC. `next_offset` is where reading goes on.
    """

    partition: int
    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    offsets: NDArray[np.int64]
    log_times: NDArray[np.int64]
    next_offset: int

    def __len__(self) -> int:
        return len(self.offsets)

    def record(self, index: int) -> bytes:
        """The bytes of one record."""
        return self.data[self.starts[index] : self.ends[index]].tobytes()


class EventLog(Protocol):
    """One topic. Partitions are numbered from 0. Offsets grow, and need not be dense."""

    @property
    def partitions(self) -> int:
        """How many partitions there are."""

    @property
    def identity(self) -> str:
        """What tells this log from another one in its place; empty if only the place does."""

    @property
    def keyed(self) -> bool:
        """Whether records are kept with their keys; else a key only chooses the partition."""

    def start_offset(self, partition: int) -> int:
        """The offset of the oldest record kept."""

    def end_offset(self, partition: int) -> int:
        """The offset after the newest acknowledged record."""

    def append(self, partition: int, lines: bytes, keys: Sequence[bytes | None] | None = None) -> None:
        """Add newline-terminated records; when it returns they are kept, whole and in order, or it raised.

        `keys` has one for each record, None where there is none; a log that is not keyed ignores them. Raises
        RecordTooLong for a record above MAX_RECORD_BYTES (then nothing of `lines` is added), StorageError when the disk
        refuses, NotDelivered when brokers do not acknowledge.
        """

    def read(
        self, partition: int, offset: int, max_bytes: int, until: int | None = None, buffer: Buffer = new_buffer
    ) -> RecordBlock:
        """The acknowledged records from `offset` on, at least one if there is one, about `max_bytes` at most.

        It may wait, for a while, for a log that is away.

        `until` is an exclusive bound on offsets; `buffer` gives the room for the block's data. Raises LogError if
        `offset` is not held (any more) or the bytes are damaged.
        """

    def close(self) -> None:
        """Give back files and connections."""
