"""Appending to a topic: when it returns the brokers have acknowledged all, or an error says how much they have not."""

from collections.abc import Sequence
from itertools import repeat

from clickwatch.errors import LogError, NotDelivered
from clickwatch.eventlog.kafka.brokers import TRY_SECONDS, Brokers
from clickwatch.eventlog.kafka.client import KafkaError, Message, Producer
from clickwatch.eventlog.kafka.config import KafkaConfig
from clickwatch.eventlog.kafka.topic import BATCH_OVERHEAD
from clickwatch.eventlog.port import MAX_RECORD_BYTES
from clickwatch.eventlog.split import check_lines, groups_of

_GROUP_BYTES = 4 * 1024 * 1024
_QUEUE_KIB = 64 * 1024
"""More than a group or the longest record: the queue never turns anything away."""


class TopicWriter:
    """An idempotent producer, for one thread at a time."""

    def __init__(self, brokers: Brokers, config: KafkaConfig) -> None:
        self._brokers = brokers
        self._config = config
        self._producer = Producer(
            brokers.client_config(
                enable_idempotence=True,
                acks="all",
                compression_type="lz4",
                batch_size=1_000_000,
                message_max_bytes=MAX_RECORD_BYTES + BATCH_OVERHEAD,
                message_timeout_ms=config.patience // 1000,
                queue_buffering_max_messages=0,  # the bytes alone are the bound
                queue_buffering_max_kbytes=_QUEUE_KIB,
            )
        )

    def append(self, partition: int, lines: bytes, keys: Sequence[bytes | None] | None) -> None:
        """See `EventLog.append`. Raises NotDelivered with what the brokers did not acknowledge."""
        check_lines(lines)
        done = 0
        for group in groups_of(lines, _GROUP_BYTES):
            records = bytes(group).split(b"\n")[:-1]
            theirs = None if keys is None else keys[done : done + len(records)]
            report = self._deliver(partition, records, theirs)
            if report.error is not None or report.delivered < len(records):
                raise self._not_delivered(done + report.delivered, lines.count(b"\n"), report.error)
            done += len(records)

    def close(self) -> None:
        """Give back the connection; nothing waits in the queue between appends."""
        self._producer.close()

    def _deliver(self, partition: int, records: list[bytes], keys: Sequence[bytes | None] | None) -> "_Report":
        """Send records and wait until each one's report is in."""
        report = _Report()
        each = repeat(None, len(records)) if keys is None else keys
        messages = [{"value": record, "key": key} for record, key in zip(records, each, strict=True)]
        self._producer.produce_batch(self._config.topic, messages, partition=partition, on_delivery=report)
        waiting = self._brokers.waiting()
        while self._producer.flush(TRY_SECONDS):
            try:
                waiting.missed()
            except LogError:
                self._producer.purge()
                self._producer.flush()
                return report
        waiting.over()
        return report

    def _not_delivered(self, delivered: int, count: int, error: KafkaError | None) -> NotDelivered:
        """The error for records without an acknowledgement; those under way when the waiting ended may be kept."""
        missing = count - delivered
        reason = error.str() if error is not None else "no report came"
        problem = f"{missing:,} of {count:,} records were not acknowledged by Kafka at {self._config.servers}: {reason}"
        if error is not None and error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
            cure = f"Let the topic {self._config.topic} take longer records: max.message.bytes"
        else:
            cure = "See that the brokers are up and let this client write; some of those records may be on the topic"
        return NotDelivered(problem, cure, delivered)


class _Report:
    """Counts delivery reports."""

    def __init__(self) -> None:
        self.delivered = 0
        self.error: KafkaError | None = None

    def __call__(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            self.delivered += 1
        elif self.error is None:
            self.error = error
