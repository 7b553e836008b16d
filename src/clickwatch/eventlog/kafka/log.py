"""The `EventLog` of one topic of Kafka; an offset is Kafka's own."""

from collections.abc import Callable, Sequence
from threading import Lock

from clickwatch.errors import LogError
from clickwatch.eventlog.kafka.brokers import Brokers
from clickwatch.eventlog.kafka.config import KafkaConfig
from clickwatch.eventlog.kafka.reader import PartitionReader
from clickwatch.eventlog.kafka.topic import open_topic
from clickwatch.eventlog.kafka.writer import TopicWriter
from clickwatch.eventlog.port import Buffer, RecordBlock, new_buffer


class KafkaLog:
    """A topic that is there. Connections are made when they are first needed.

    Brokers that do not answer are waited for, as long as `config` says; `stopping` ends that. Then LogError is raised,
    and nothing that was acknowledged is lost.
    """

    def __init__(
        self, config: KafkaConfig, *, create: bool = True, stopping: Callable[[], bool] = lambda: False
    ) -> None:
        """`create`: make the topic if it is not there. Raises LogError."""
        self._config = config
        self._brokers = Brokers(config, stopping)
        self._topic = open_topic(self._brokers, config, create)
        self._lock = Lock()
        self._readers: dict[int, PartitionReader] = {}
        self._writer: TopicWriter | None = None

    @property
    def partitions(self) -> int:
        """How many partitions the topic had when it was opened."""
        return self._topic.partitions

    @property
    def identity(self) -> str:
        """The topic's name, and the id that Kafka gave it."""
        return self._topic.identity

    @property
    def keyed(self) -> bool:
        """Kafka keeps a record's key beside it."""
        return True

    def start_offset(self, partition: int) -> int:
        """The offset of the oldest record kept. Raises LogError."""
        return self._reader(partition).bounds()[0]

    def end_offset(self, partition: int) -> int:
        """The offset after the newest record that readers may see. Raises LogError."""
        return self._reader(partition).bounds()[1]

    def append(self, partition: int, lines: bytes, keys: Sequence[bytes | None] | None = None) -> None:
        """See `EventLog.append`: all in-sync replicas have the records when it returns. Raises NotDelivered."""
        self._check(partition)
        with self._lock:
            if self._writer is None:
                self._writer = TopicWriter(self._brokers, self._config)
            self._writer.append(partition, lines, keys)

    def read(
        self, partition: int, offset: int, max_bytes: int, until: int | None = None, buffer: Buffer = new_buffer
    ) -> RecordBlock:
        """See `EventLog.read`."""
        return self._reader(partition).read(offset, max_bytes, until, buffer)

    def close(self) -> None:
        """Give back the connections; blocks that were read stay valid."""
        with self._lock:
            for reader in self._readers.values():
                reader.close()
            self._readers.clear()
            if self._writer is not None:
                self._writer.close()
                self._writer = None

    def _reader(self, partition: int) -> PartitionReader:
        self._check(partition)
        with self._lock:
            if partition not in self._readers:
                reader = PartitionReader(self._brokers, self._topic.name, partition, self.partitions)
                self._readers[partition] = reader
            return self._readers[partition]

    def _check(self, partition: int) -> None:
        if not 0 <= partition < self.partitions:
            name = self._topic.name
            problem = f"The topic {name} has no partition {partition}, only 0 to {self.partitions - 1}"
            raise LogError(problem, "Use the log that this reader or writer began with")
