"""Appending to a topic: when it returns the brokers have acknowledged all, or an error says how much they have not."""

from collections import Counter
from collections.abc import Sequence

from clickwatch.errors import LogError, NotDelivered, RecordsRefused
from clickwatch.eventlog.kafka.brokers import TRY_SECONDS, Brokers
from clickwatch.eventlog.kafka.client import KafkaError, Message, Producer
from clickwatch.eventlog.kafka.config import KafkaConfig
from clickwatch.eventlog.kafka.topic import BATCH_OVERHEAD
from clickwatch.eventlog.port import MAX_RECORD_BYTES
from clickwatch.eventlog.split import check_lines, groups_of

_GROUP_BYTES = 4 * 1024 * 1024
_QUEUE_KIB = 64 * 1024
"""More than a group or the longest record: the queue never turns anything away."""
_NO_KEYS: list[bytes | None] = [None]
_FOR_WHAT_THEY_ARE = frozenset(
    {
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.INVALID_MSG,
        KafkaError.INVALID_RECORD,
        KafkaError._INVALID_DIFFERENT_RECORD,
    }
)
"""Refusals of a record, not of whoever sends it."""


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
            theirs = _NO_KEYS * len(records) if keys is None else keys[done : done + len(records)]
            report = self._deliver(partition, records, theirs)
            if missing := report.missing(records, theirs):
                count = lines.count(b"\n")
                later = range(done + len(records), count)
                raise self._not_delivered([*(done + number for number in missing), *later], count, report)
            done += len(records)

    def close(self) -> None:
        """Give back the connection; nothing waits in the queue between appends."""
        self._producer.close()

    def _deliver(self, partition: int, records: Sequence[bytes], keys: Sequence[bytes | None]) -> "_Report":
        """Send records and wait until each one's report is in."""
        report = _Report()
        messages = [{"value": record, "key": key} for record, key in zip(records, keys, strict=True)]
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

    def _not_delivered(self, missing: Sequence[int], count: int, report: "_Report") -> NotDelivered:
        """The error for records without an acknowledgement; those under way when the waiting ended may be kept."""
        reason = report.errors[0].str() if report.errors else "no report came"
        where = f"Kafka at {self._config.servers}"
        problem = f"{len(missing):,} of {count:,} records were not acknowledged by {where}: {reason}"
        codes = {error.code() for error in report.errors}
        kind = RecordsRefused if codes and codes <= _FOR_WHAT_THEY_ARE else NotDelivered
        if KafkaError.MSG_SIZE_TOO_LARGE in codes:
            cure = f"Let the topic {self._config.topic} take longer records: max.message.bytes"
        else:
            cure = "See that the brokers are up and let this client write; some of those records may be on the topic"
        return kind(problem, cure, missing)


class _Report:
    """Gathers the delivery reports of a group."""

    def __init__(self) -> None:
        self.errors: list[KafkaError] = []
        self._delivered = 0
        self._failed: Counter[tuple[bytes, bytes]] = Counter()

    def __call__(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            self._delivered += 1
        else:
            self.errors.append(error)
            self._failed[message.key() or b"", message.value() or b""] += 1

    def missing(self, records: Sequence[bytes], keys: Sequence[bytes | None]) -> list[int]:
        """The numbers of those records of the group that were not acknowledged; all, if it is not known of each."""
        if self._delivered == len(records):
            return []
        if self._delivered + len(self.errors) < len(records):
            return list(range(len(records)))
        left = self._failed.copy()
        numbers = []
        for number, (record, key) in enumerate(zip(records, keys, strict=True)):
            if left[key or b"", record]:  # of two that are the same, either may be the one
                left[key or b"", record] -= 1
                numbers.append(number)
        return numbers
