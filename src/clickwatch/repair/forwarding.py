"""Refused records onto a topic of Kafka, for those who look after what their programs send.

At least once: each record carries its place in the log, as its key too, by which readers know one that comes again.
That happens where the process dies between sending and noting it, where brokers go away in the middle, and at a start
while the topic refuses a record: then what stood behind it comes again, once.
"""

from collections.abc import Callable, Sequence

import structlog

from clickwatch.domain.place import Place
from clickwatch.errors import LogError, NotDelivered, RecordsRefused
from clickwatch.eventlog.port import EventLog
from clickwatch.eventlog.side_topic import SideTopic
from clickwatch.repair.document import line_of
from clickwatch.repair.held_back import HeldBack
from clickwatch.store import forwarding, quarantine
from clickwatch.store.database import Store
from clickwatch.store.quarantine import QuarantinedRecord

_AT_ONCE = 500
_log = structlog.get_logger(__name__)


class QuarantineForwarder:
    """Passes on what the quarantine has, from where it left off; each partition of the log in its order.

    A record is the line that `quarantine export` would write of it. One that the topic refuses for what it is, such as
    its length, is told once and held back; the others go past it.
    """

    name = "quarantine topic"

    def __init__(self, store: Store, open_topic: Callable[[], EventLog], clock: Callable[[], int]) -> None:
        """`open_topic` opens the topic, which waits for brokers for a bounded time: when there is something to send.

        `clock` gives µs since the Unix epoch, UTC.
        """
        self._store = store
        self._topic = SideTopic(open_topic)
        self._held = HeldBack(clock)
        self._reached: dict[int, int] = {}
        self._noted: dict[int, int] = {}

    def deliver_due(self, is_ending: Callable[[], bool] = lambda: False) -> int:
        """Pass on all that waits, until `is_ending`; how many. Raises StoreError, or LogError if brokers refuse it."""
        with self._store.read() as connection:
            positions = forwarding.positions(connection)
        count = self._try_again(is_ending)
        for partition, position in positions.items():
            count += self._forward(partition, max(position, self._reached.get(partition, 0)), is_ending)
        return count

    def close(self) -> None:
        """Give back the connections to the topic."""
        self._topic.close()

    def _try_again(self, is_ending: Callable[[], bool]) -> int:
        """Send those held back whose turn it is, each by itself; how many were taken."""
        count = 0
        for place in self._held.due():
            if is_ending():
                break
            with self._store.read() as connection:
                record = quarantine.at(connection, place)
            if record is None:  # its time in the quarantine is over
                self._held.drop(place)
            else:
                count += self._is_taken(record)
            self._note(place.partition)
        return count

    def _is_taken(self, record: QuarantinedRecord) -> bool:
        try:
            self._append([record])
        except RecordsRefused as error:
            self._hold_back(record.place, error)
            return False
        self._held.drop(record.place)
        return True

    def _forward(self, partition: int, offset: int, is_ending: Callable[[], bool]) -> int:
        count = 0
        while not is_ending() and (records := self._waiting(partition, offset)):
            if self._held.is_full:
                problem = f"The topic refuses {len(self._held)} records of the quarantine, and is sent no others"
                raise LogError(problem, "Let it take them: max.message.bytes")
            self._send(records)
            offset = records[-1].offset + 1
            count += len(records)
        return count

    def _waiting(self, partition: int, offset: int) -> list[QuarantinedRecord]:
        with self._store.read() as connection:
            return quarantine.from_offset(connection, partition, offset, _AT_ONCE)

    def _send(self, records: Sequence[QuarantinedRecord]) -> None:
        """Send records of one partition, and note how far that got."""
        partition = records[0].partition
        try:
            self._append(records)
        except NotDelivered as error:
            missing = [records[number] for number in error.missing]
            self._reach(partition, missing[0].offset)
            if not isinstance(error, RecordsRefused):
                raise
            self._send_apart(missing, error, is_alone=len(records) == 1)
        self._reach(partition, records[-1].offset + 1)

    def _send_apart(self, missing: Sequence[QuarantinedRecord], error: RecordsRefused, *, is_alone: bool) -> None:
        """Send those that were refused in halves, for they may have been refused for one among them."""
        if is_alone:
            self._hold_back(missing[0].place, error)
            return
        middle = (len(missing) + 1) // 2
        for half in (missing[:middle], missing[middle:]):
            if half:
                self._send(half)

    def _append(self, records: Sequence[QuarantinedRecord]) -> None:
        lines = b"".join(line_of(record).encode("utf-8") + b"\n" for record in records)
        keys = [str(record.place).encode() for record in records]
        with self._topic.opened() as topic:
            topic.append(records[0].partition % topic.partitions, lines, keys)

    def _hold_back(self, place: Place, error: RecordsRefused) -> None:
        if place in self._held:
            _log.info("the topic still refuses a record of the quarantine", place=str(place), reason=error.problem)
        else:
            then = "tries it again by itself; the others go past it"
            words = {"place": str(place), "reason": error.problem, "cure": error.cure, "then": then}
            _log.error("the topic refuses a record of the quarantine", **words)
        self._held.put_off(place)

    def _reach(self, partition: int, offset: int) -> None:
        """All before this offset are passed on or held back."""
        self._reached[partition] = offset
        self._note(partition)

    def _note(self, partition: int) -> None:
        """Note where the next start goes on: at the first that is held back, if there is one."""
        held = self._held.first(partition)
        offset = self._reached[partition] if held is None else held
        if self._noted.get(partition) != offset:
            with self._store.begin() as connection:
                forwarding.advance(connection, partition, offset)
            self._noted[partition] = offset
