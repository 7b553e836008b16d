"""The event logs that the contract suite runs on. Another log is one more adapter here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from clickwatch.eventlog.kafka.config import KafkaConfig
from clickwatch.eventlog.kafka.log import KafkaLog
from clickwatch.eventlog.local import LocalLog, LocalLogConfig
from clickwatch.eventlog.port import EventLog

DAY = 86_400_000_000
NOON = 1_769_428_800_000_000


class Capability(Enum):
    """What one log may offer and another not; a test that needs one is skipped, by name, where it is missing."""

    TAKES_CLOCK = auto()
    """Log times come from the clock that is passed in; a broker stamps records by its own."""
    REFUSES_GAPS = auto()
    """An offset at which no record begins is refused; a broker goes on at the next record."""


@dataclass
class Clock:
    """A clock that stands still until it is set; µs since the Unix epoch."""

    now: int = NOON

    def __call__(self) -> int:
        return self.now


class Adapter(Protocol):
    """How to open a log of one kind."""

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> frozenset[Capability]: ...

    def open(self, folder: Path, partitions: int, clock: Callable[[], int]) -> EventLog:
        """The log of the topic that belongs to `folder`; made with `partitions` if it is not there."""


@dataclass(frozen=True)
class LocalFiles:
    """Files in a folder, with segments and groups so small that every test crosses them."""

    name: str = "local"
    capabilities: frozenset[Capability] = field(default=frozenset(Capability))

    def open(self, folder: Path, partitions: int, clock: Callable[[], int]) -> EventLog:
        return open_local(folder, clock, partitions=partitions, segment_bytes=200, group_bytes=64)


@dataclass(frozen=True)
class KafkaTopics:
    """Topics of a broker, one for each folder."""

    servers: str
    name: str = "kafka"
    capabilities: frozenset[Capability] = frozenset()

    def open(self, folder: Path, partitions: int, clock: Callable[[], int]) -> EventLog:
        return open_kafka(self.servers, topic_of(folder), partitions)


def topic_of(folder: Path) -> str:
    """The name of the topic that belongs to a test's folder."""
    return f"{folder.name}-{sha256(str(folder).encode()).hexdigest()[:12]}"


def open_kafka(servers: str, topic: str, partitions: int = 1, patience: int = 30_000_000) -> KafkaLog:
    """A log on Kafka for a test; `patience` in µs."""
    return KafkaLog(KafkaConfig(servers, topic, partitions, DAY, patience))


def open_local(
    folder: Path,
    clock: Callable[[], int],
    partitions: int = 1,
    segment_bytes: int = 1_000_000,
    retention: int = DAY,
    group_bytes: int = 1_000_000,
) -> LocalLog:
    """A local log for a test; the topic's folder is `folder / "topic"`."""
    return LocalLog(LocalLogConfig(folder / "topic", partitions, segment_bytes, retention, group_bytes), clock)


def lines(*records: bytes) -> bytes:
    """Records as `append` takes them."""
    return b"".join(record + b"\n" for record in records)


def placed_records(log: EventLog, partition: int = 0, max_bytes: int = 1 << 20) -> Iterator[tuple[int, bytes]]:
    """Every record with its offset, from the log's start to the end that it has now."""
    offset, end = log.start_offset(partition), log.end_offset(partition)
    while offset < end:
        block = log.read(partition, offset, max_bytes, end)
        yield from ((int(block.offsets[i]), block.record(i)) for i in range(len(block)))
        offset = block.next_offset


def records(log: EventLog, partition: int = 0, max_bytes: int = 1 << 20) -> list[bytes]:
    """Every record from the log's start to the end that it has now."""
    return [record for _, record in placed_records(log, partition, max_bytes)]
