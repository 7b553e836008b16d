"""One partition's intake: from a judged block to accepted events, refusals and counts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from clickwatch.domain.columns import ARCHIVE_COLUMNS
from clickwatch.domain.watermark import StreamRules
from clickwatch.domain.window import WindowSpec
from clickwatch.eventlog.port import RecordBlock
from clickwatch.intake.dedupe import Deduplicator
from clickwatch.intake.id_table import NEVER
from clickwatch.intake.judging import Judged
from clickwatch.intake.pseudonym import Pseudonymiser


@dataclass(frozen=True)
class RefusedRecord:
    """A record that broke the contract: where it stands and why. `log_time` in µs."""

    offset: int
    log_time: int
    reason: str
    raw: bytes


@dataclass(frozen=True)
class Taken:
    """What intake made of a block: `received = len(events) + duplicates + len(refused)`.

    `events`: accepted events in offset order, ARCHIVE_COLUMNS but for `epoch`, repeating strings dictionary-encoded.
    `event_times`, `missed`: per accepted event, its event time (µs) and how many of its windows had ended.
    Watermarks in µs, None before the first valid record.
    """

    partition: int
    received: int
    events: pa.Table
    event_times: NDArray[np.int64]
    missed: NDArray[np.int64]
    duplicates: int
    refused: tuple[RefusedRecord, ...]
    start_offset: int
    next_offset: int
    watermark_before: int | None
    watermark_after: int | None

    @classmethod
    def nothing(cls, partition: int, start_offset: int, next_offset: int, watermark: int | None) -> "Taken":
        """What offsets give that hold no record, such as the marks of transactions: that they are behind us."""
        none = np.empty(0, np.int64)
        events = ARCHIVE_COLUMNS.empty_table().drop_columns(["epoch"])
        return cls(partition, 0, events, none, none, 0, (), start_offset, next_offset, watermark, watermark)

    @property
    def late(self) -> int:
        """Accepted events that came after at least one of their windows had ended."""
        return int(np.count_nonzero(self.missed))

    @property
    def reasons(self) -> Mapping[str, int]:
        """Refused records by reason."""
        return Counter(record.reason for record in self.refused)


@dataclass(frozen=True)
class IntakeRules:
    """What decides over each record, the same for all partitions."""

    stream: StreamRules
    spec: WindowSpec
    pseudonymiser: Pseudonymiser


class PartitionIntake:
    """The running state of one partition: its watermark, and the ids within the horizon."""

    def __init__(self, rules: IntakeRules, deduplicator: Deduplicator, watermark: int | None) -> None:
        self._rules = rules
        self._deduplicator = deduplicator
        self._watermark = NEVER if watermark is None else watermark

    @property
    def watermark(self) -> int | None:
        """How far event time has come in this partition (µs), None before the first valid record."""
        return None if self._watermark == NEVER else self._watermark

    def remember(self, ids: pa.Table) -> None:
        """Take in the ids of earlier accepted events after a restart: columns `event_id`, `event_time` (int64 µs)."""
        self._deduplicator.remember(ids, self._watermark)

    def take(self, block: RecordBlock, judged: Judged, start_offset: int) -> Taken:
        """Decide over the next records of the partition, in offset order."""
        before = self.watermark
        event_times = judged.columns["event_time"].combine_chunks().to_numpy()
        marks = running_marks(self._watermark, event_times, block.log_times[judged.rows], self._rules.stream.delay)
        duplicate = self.decide(_one_chunk(judged.columns["event_id"]), event_times, marks)
        accepted = np.flatnonzero(~duplicate)
        times = event_times[accepted]
        missed = missed_windows(times, marks[accepted], self._rules.spec)
        return Taken(
            partition=block.partition,
            received=len(block),
            events=self._events(block, judged, accepted, missed > 0),
            event_times=times,
            missed=missed,
            duplicates=len(duplicate) - len(accepted),
            refused=tuple(_refused(block, index, reason) for index, reason in judged.refused),
            start_offset=start_offset,
            next_offset=block.next_offset,
            watermark_before=before,
            watermark_after=self.watermark,
        )

    def decide(self, ids: pa.Array, event_times: NDArray[np.int64], marks: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the next valid records are duplicates, in offset order; the watermark goes on to after them.

        `marks` are those of `running_marks`: one for each record, and the last. Records without an id (null) may be
        left out.
        """
        duplicate = self._deduplicator.duplicates(ids, event_times, marks[:-1], int(marks[-1]))
        self._watermark = int(marks[-1])
        return duplicate

    def _events(
        self, block: RecordBlock, judged: Judged, accepted: NDArray[np.int64], late: NDArray[np.bool_]
    ) -> pa.Table:
        columns = judged.columns
        if len(accepted) < len(columns):
            columns = columns.take(pa.array(accepted))
        return event_columns(block, judged.rows[accepted], columns, late, self._rules.pseudonymiser)


def event_columns(
    block: RecordBlock,
    rows: NDArray[np.int64],
    columns: pa.Table,
    late: NDArray[np.bool_],
    pseudonymiser: Pseudonymiser,
) -> pa.Table:
    """Events as they are archived, but for their epoch: `columns` (VALID_COLUMNS) of the block's records at `rows`."""
    user_keys = pseudonymiser.user_keys(_one_chunk(columns["user_id"]))
    return pa.table(
        {
            "user_key": user_keys,
            **{name: columns[name] for name in columns.column_names if name not in ("user_id", "event_time")},
            "event_time": pc.cast(columns["event_time"], pa.timestamp("us", tz="UTC")),
            "is_late": pa.array(late),
            "source_partition": pa.array(np.full(len(rows), block.partition, dtype=np.int32)),
            "source_offset": pa.array(block.offsets[rows]),
        }
    )


def running_marks(
    watermark: int, event_times: NDArray[np.int64], log_times: NDArray[np.int64], delay: int
) -> NDArray[np.int64]:
    """The watermark at each valid record's position, and after the last one: one more than there are records.

    `watermark` before them (`id_table.NEVER` for none), `delay` and all times in µs.
    """
    marks = np.empty(len(event_times) + 1, dtype=np.int64)
    marks[0] = watermark
    np.minimum(event_times, log_times, out=marks[1:])
    marks[1:] -= delay
    return np.maximum.accumulate(marks)


def missed_windows(event_times: NDArray[np.int64], marks: NDArray[np.int64], spec: WindowSpec) -> NDArray[np.int64]:
    """How many of each event's windows had ended (`end <= watermark`) at the watermark of its position (µs)."""
    missed = np.zeros(len(event_times), dtype=np.int64)
    # An event after the watermark cannot have missed a window: all its windows end after it.
    behind = np.flatnonzero(event_times <= marks)
    times, marks = event_times[behind], marks[behind]
    first_start = ((times - spec.length) // spec.slide + 1) * spec.slide
    windows = (times - first_start) // spec.slide + 1
    ended = (marks - first_start - spec.length) // spec.slide + 1
    missed[behind] = np.clip(ended, 0, windows)
    return missed


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _refused(block: RecordBlock, index: int, reason: str) -> RefusedRecord:
    return RefusedRecord(int(block.offsets[index]), int(block.log_times[index]), reason, block.record(index))
