"""An event log in memory, for tests that need their own log times, offsets and cuts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from clickwatch.eventlog.port import Buffer, RecordBlock, new_buffer


@dataclass(frozen=True)
class Entry:
    """A record with its log time in µs."""

    log_time: int
    raw: bytes


class MemoryLog:
    """Partitions of entries; the offset of a record is its place in bytes, line ends counted.

    `cut` says how many records the next read gives at most.
    """

    def __init__(self, partitions: Sequence[Sequence[Entry]], cut: Callable[[], int] = lambda: 1_000_000) -> None:
        self._partitions = [list(entries) for entries in partitions]
        self._offsets = [np.cumsum([0] + [len(e.raw) + 1 for e in entries]).tolist() for entries in partitions]
        self._cut = cut

    @property
    def partitions(self) -> int:
        return len(self._partitions)

    @property
    def identity(self) -> str:
        return ""

    @property
    def keyed(self) -> bool:
        return False

    def start_offset(self, partition: int) -> int:
        return 0

    def end_offset(self, partition: int) -> int:
        return int(self._offsets[partition][-1])

    def append(self, partition: int, lines: bytes, keys: Sequence[bytes | None] | None = None) -> None:
        raise NotImplementedError("this log is made whole")

    def read(
        self, partition: int, offset: int, max_bytes: int, until: int | None = None, buffer: Buffer = new_buffer
    ) -> RecordBlock:
        offsets = self._offsets[partition]
        first = offsets.index(offset)
        end = offsets.index(until) if until is not None else len(self._partitions[partition])
        last = min(end, first + max(1, self._cut()))
        return block_of(self._partitions[partition][first:last], partition, offset)

    def close(self) -> None:
        """Nothing to give back."""


def block_of(entries: Sequence[Entry], partition: int = 0, offset: int = 0) -> RecordBlock:
    """Records as a block that starts at `offset`."""
    data = np.frombuffer(b"".join(e.raw + b"\n" for e in entries), dtype=np.uint8)
    lengths = np.array([len(e.raw) for e in entries], dtype=np.int64)
    starts = np.concatenate(([0], np.cumsum(lengths + 1)[:-1])).astype(np.int64) if entries else lengths
    return RecordBlock(
        partition=partition,
        data=data,
        starts=starts,
        ends=starts + lengths,
        offsets=starts + offset,
        log_times=np.array([e.log_time for e in entries], dtype=np.int64),
        next_offset=offset + len(data),
    )
