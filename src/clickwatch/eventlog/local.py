"""The log as append-only files in a folder, which `tail -f` can read: what the embedded mode uses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from clickwatch.domain.window import DAY
from clickwatch.errors import LogError
from clickwatch.eventlog.port import MAX_RECORD_BYTES, Buffer, RecordBlock, new_buffer
from clickwatch.eventlog.reader import PartitionReader
from clickwatch.eventlog.retention import Removed
from clickwatch.eventlog.topic import open_topic, partition_folder
from clickwatch.eventlog.writer import PartitionWriter, WriterRules

_Part = TypeVar("_Part", PartitionReader, PartitionWriter)
_MIB = 1024 * 1024


@dataclass(frozen=True)
class LocalLogConfig:
    """Where a topic's files are and when they are rotated.

    `folder` is the topic's own. `partitions` counts for a new topic only. A segment is closed once it has
    `segment_bytes`, or `segment_age` µs after its first record: so a quiet shop's records do not outlive their time in
    one that never fills. Closed segments are kept for `retention` µs after their newest record. `group_bytes` bounds
    what is written, synced and checked as one.
    """

    folder: Path
    partitions: int
    segment_bytes: int
    retention: int
    group_bytes: int = 4 * _MIB
    segment_age: int = DAY

    def __post_init__(self) -> None:
        if self.partitions < 1 or self.segment_bytes < 1 or self.retention < 0:
            raise ValueError("a log needs a partition, a segment size above zero and a retention")
        if not 1 <= self.group_bytes <= MAX_RECORD_BYTES:
            raise ValueError("groups must be above zero bytes and no longer than the longest record")


class LocalLog:
    """The `EventLog` of one topic on this machine; an offset is a byte position within its partition.

    `clock` returns µs since the Unix epoch, UTC. A new topic is made durably when it is first opened; after
    that only `append` and `retain` change files. Any number of processes and threads may append and read.
    """

    def __init__(self, config: LocalLogConfig, clock: Callable[[], int]) -> None:
        """Raises StorageError if the folder cannot be used, LogError if it is damaged."""
        self._folder = config.folder
        self._count = open_topic(config.folder, config.partitions)
        folders = [partition_folder(config.folder, number) for number in range(self._count)]
        self._readers = [PartitionReader(folder, number) for number, folder in enumerate(folders)]
        rules = WriterRules(config.segment_bytes, config.segment_age, config.retention, config.group_bytes)
        self._writers = [PartitionWriter(folder, rules, clock) for folder in folders]

    @property
    def partitions(self) -> int:
        """How many partitions the topic was made with."""
        return self._count

    @property
    def identity(self) -> str:
        """None beside the folder: files may be put back from a backup."""
        return ""

    @property
    def keyed(self) -> bool:
        """Records are lines, without keys."""
        return False

    def start_offset(self, partition: int) -> int:
        """The offset of the oldest record kept. Raises StorageError."""
        return self._of(self._readers, partition).start_offset()

    def end_offset(self, partition: int) -> int:
        """The offset after the newest record that is on disk. Raises StorageError, LogError."""
        return self._of(self._readers, partition).end_offset()

    def append(self, partition: int, lines: bytes, keys: Sequence[bytes | None] | None = None) -> None:
        """See `EventLog.append`. Raises ValueError if `lines` do not end in a newline.

        If it raises StorageError, the first records may have been kept, never a part of one. After a failed
        sync this object appends no more to the partition.
        """
        self._of(self._writers, partition).append(lines)

    def read(
        self, partition: int, offset: int, max_bytes: int, until: int | None = None, buffer: Buffer = new_buffer
    ) -> RecordBlock:
        """See `EventLog.read`. A block stays within one segment file."""
        return self._of(self._readers, partition).read(offset, max_bytes, until, buffer)

    def retain(self, *, dry_run: bool = False) -> Removed:
        """Remove the segments whose newest record is older than the retention; `dry_run` only says which.

        Log time goes on where it was, also when no record is left. Raises StorageError.
        """
        return sum((writer.retain(dry_run) for writer in self._writers), Removed())

    def close(self) -> None:
        """Give back files; blocks that were read stay valid."""
        for reader in self._readers:
            reader.close()
        for writer in self._writers:
            writer.close()

    def _of(self, each: list[_Part], partition: int) -> _Part:
        if not 0 <= partition < self._count:
            problem = f"The log {self._folder} has no partition {partition}, only 0 to {self._count - 1}"
            raise LogError(problem, "Use the log that this reader or writer began with")
        return each[partition]
