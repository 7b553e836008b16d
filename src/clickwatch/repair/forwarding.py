"""Refused records onto a topic of Kafka, for those who look after what their programs send.

At least once: a crash between sending and noting it sends again. Each record carries its place in the log, as its key
too, by which readers know one that comes again.
"""

from collections.abc import Callable, Sequence

from clickwatch.eventlog.port import EventLog
from clickwatch.eventlog.side_topic import SideTopic
from clickwatch.repair.document import line_of
from clickwatch.store import forwarding, quarantine
from clickwatch.store.database import Store
from clickwatch.store.quarantine import QuarantinedRecord

_AT_ONCE = 500


class QuarantineForwarder:
    """Passes on what the quarantine has, from where it left off; each partition of the log in its order.

    A record is the line that `quarantine export` would write of it.
    """

    name = "quarantine topic"

    def __init__(self, store: Store, open_topic: Callable[[], EventLog]) -> None:
        """`open_topic` opens the topic, which waits for brokers for a bounded time: when there is something to send."""
        self._store = store
        self._topic = SideTopic(open_topic)

    def deliver_due(self, is_ending: Callable[[], bool] = lambda: False) -> int:
        """Pass on all that waits, until `is_ending`; how many. Raises StoreError, or LogError if brokers refuse it."""
        with self._store.read() as connection:
            positions = forwarding.positions(connection)
        return sum(self._forward(partition, offset, is_ending) for partition, offset in positions.items())

    def close(self) -> None:
        """Give back the connections to the topic."""
        self._topic.close()

    def _forward(self, partition: int, offset: int, is_ending: Callable[[], bool]) -> int:
        count = 0
        while not is_ending() and (records := self._waiting(partition, offset)):
            self._send(partition, records)
            offset = records[-1].offset + 1
            with self._store.begin() as connection:
                forwarding.advance(connection, partition, offset)
            count += len(records)
        return count

    def _waiting(self, partition: int, offset: int) -> list[QuarantinedRecord]:
        with self._store.read() as connection:
            return quarantine.from_offset(connection, partition, offset, _AT_ONCE)

    def _send(self, partition: int, records: Sequence[QuarantinedRecord]) -> None:
        lines = b"".join(line_of(record).encode("utf-8") + b"\n" for record in records)
        keys = [str(record.place).encode() for record in records]
        with self._topic.opened() as topic:
            topic.append(partition % topic.partitions, lines, keys)
