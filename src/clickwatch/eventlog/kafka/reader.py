"""Reading one partition of a topic, in blocks of columns."""

from threading import Lock

import numpy as np

from clickwatch.errors import LogError
from clickwatch.eventlog.kafka.brokers import TRY_SECONDS, Brokers
from clickwatch.eventlog.kafka.client import Consumer, KafkaError, Message, TopicPartition
from clickwatch.eventlog.kafka.columns import NOTHING, Fetched, block_of, columns_of
from clickwatch.eventlog.port import Buffer, RecordBlock

_MESSAGES_AT_ONCE = 1000
_AHEAD_KIB = 16 * 1024
_LEAST_AHEAD_KIB = 1024
_NOWHERE = -(2**63)  # no offset, not even one that somebody asks for by mistake
_GONE = (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._LOG_TRUNCATION)
_NEW_HOME = "a new home (CLICKWATCH_HOME), which starts at the oldest record kept"


class PartitionReader:
    """The committed records of one partition; the library fetches ahead of what is read, within a bound.

    Whoever reads on where the last block ended gets what was fetched; any other offset costs a round trip.
    """

    def __init__(self, brokers: Brokers, topic: str, partition: int, partitions: int) -> None:
        self._brokers = brokers
        self._place = f"partition {partition} of the topic {topic}"
        self._topic = topic
        self._partition = partition
        self._consumer = Consumer(
            brokers.client_config(
                group_id="clickwatch",  # asked for by the library; offsets are kept in the store, not by Kafka
                enable_auto_commit=False,
                auto_offset_reset="error",
                enable_partition_eof=True,
                isolation_level="read_committed",
                check_crcs=True,
                queued_min_messages=1_000_000,  # the bytes alone are the bound
                queued_max_messages_kbytes=max(_AHEAD_KIB // partitions, _LEAST_AHEAD_KIB),
                fetch_wait_max_ms=100,
                fetch_queue_backoff_ms=2,  # the library's own second, once its queue is full, is a second lost
            )
        )
        self._lock = Lock()
        self._position = _NOWHERE
        self._pending = NOTHING
        self._end_seen = -1
        self._high = 0

    def bounds(self) -> tuple[int, int]:
        """The offset of the oldest record kept, and the one after the newest. Raises LogError."""
        place = TopicPartition(self._topic, self._partition)
        low, high = self._brokers.ask(lambda timeout: self._consumer.get_watermark_offsets(place, timeout))
        self._high = high
        return low, high

    def read(self, offset: int, max_bytes: int, until: int | None, buffer: Buffer) -> RecordBlock:
        """See `EventLog.read`. Where no record follows up to the end, the block is empty and goes on behind it."""
        with self._lock:
            if offset != self._position:
                self._go_to(offset)
            if until is None or until > self._high:
                self.bounds()
            limit = self._high if until is None else min(until, self._high)
            try:
                pieces = self._gather(limit, max(max_bytes, 1))
            except BaseException:
                self._position = _NOWHERE  # what was fetched before the error is gone: the next read begins anew
                raise
            return block_of(self._partition, pieces, self._position, buffer)

    def close(self) -> None:
        """Give back the connection; blocks that were read stay valid."""
        with self._lock:
            self._consumer.close()

    def _go_to(self, offset: int) -> None:
        self._position = _NOWHERE
        self._check(offset)
        self._consumer.assign([TopicPartition(self._topic, self._partition, offset)])
        self._pending, self._end_seen = NOTHING, _NOWHERE
        self._position = offset

    def _check(self, offset: int) -> None:
        """Raise LogError if the records from there on are not held."""
        low, high = self.bounds()
        if offset < low:
            raise LogError(
                f"Kafka keeps {self._place} from offset {low} on: its reader goes on at {offset}, and the "
                f"{low - offset} records from there are gone, older than the topic's retention",
                f"To go on without them, begin {_NEW_HOME}; a longer RETENTION_DAYS for a new topic, or retention.ms "
                "of this one, gives readers more time",
            )
        if offset > high:
            raise LogError(
                f"Kafka ends {self._place} at offset {high}, and its reader goes on at {offset}: the topic was made "
                "anew, or its brokers lost records",
                f"Restore the topic that this reader began with, or begin {_NEW_HOME}",
            )

    def _gather(self, limit: int, max_bytes: int) -> list[Fetched]:
        """Records before `limit`, about `max_bytes` of them, and at least one unless there is none."""
        pieces: list[Fetched] = []
        size = 0
        waiting = self._brokers.waiting()
        while self._position < limit and size < max_bytes:
            fetched = self._pending if len(self._pending) else self._fetch()
            if len(fetched):
                waiting.over()
                piece, self._pending = _cut(fetched, limit, max_bytes - size, at_least=0 if pieces else 1)
                if not len(piece):
                    break
                pieces.append(piece)
                size += int(piece.sizes.sum())
                self._position = int(piece.offsets[-1]) + 1
            elif pieces or self._end_seen >= limit:
                break
            else:
                waiting.missed()
        if self._next_record() >= limit:
            self._position = limit  # what lies between are no records, but marks of transactions
        return pieces

    def _next_record(self) -> int:
        """Where the next record stands, or may come to stand, as far as that is known."""
        return int(self._pending.offsets[0]) if len(self._pending) else self._end_seen

    def _fetch(self) -> Fetched:
        """What has arrived, or arrives within one attempt; nothing if that is nothing."""
        messages = self._consumer.consume(_MESSAGES_AT_ONCE, 0) or self._consumer.consume(1, TRY_SECONDS)
        if any(error is not None for error in map(Message.error, messages)):
            messages = [message for message in messages if not self._is_error(message)]
        return columns_of(messages) if messages else NOTHING

    def _is_error(self, message: Message) -> bool:
        """Whether a message is none, but news of the partition. Raises LogError if reading cannot go on."""
        error = message.error()
        if error is None:
            return False
        if error.code() == KafkaError._PARTITION_EOF:
            self._end_seen = max(self._end_seen, message.offset() or 0)
        elif error.code() in _GONE:
            position, self._position = self._position, _NOWHERE
            self._check(position)
            raise self._brokers.refused(error)
        elif not self._brokers.is_passing(error):
            raise self._brokers.refused(error)
        return True


def _cut(fetched: Fetched, limit: int, room: int, at_least: int) -> tuple[Fetched, Fetched]:
    """The records before `limit` that fit into `room` bytes, and those after them."""
    fitting = max(int(np.searchsorted(np.cumsum(fetched.sizes), room, side="right")), at_least)
    count = min(fitting, int(np.searchsorted(fetched.offsets, limit)))
    if count == len(fetched):
        return fetched, NOTHING
    return fetched.part(0, count), fetched.part(count, len(fetched))
