"""Recovery: bring intake back to where the last committed epoch left it, and the archive up to the store.

What it costs follows the ids within the horizon (read from the archive) and the epochs that are not archived yet
(run through intake once more, with their other effects off), never the history.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from clickwatch.errors import ArchiveError, LogError
from clickwatch.eventlog.port import EventLog
from clickwatch.intake.intake import PartitionIntake, Taken
from clickwatch.speed.embedded.judging_pool import JudgePool
from clickwatch.speed.embedded.reading import JudgedBlock
from clickwatch.store.epochs import EpochRange, PartitionProgress

_REBUILD = (
    "Restore the archive from a backup, or start a new home (CLICKWATCH_HOME) with a copy of the log folder "
    "and stream it from its start"
)


class IdSource(Protocol):
    """An archive that remembers the ids of its events."""

    def ids_after(self, thresholds: Mapping[int, int | None]) -> pa.Table:
        """Archived ids whose event time is above their partition's threshold (µs; None: all of them)."""


@dataclass(frozen=True)
class Recorded:
    """What the store remembers: the last epoch, its ranges since the archive's last one, each partition's place."""

    last_epoch: int
    unarchived: tuple[tuple[int, EpochRange], ...]
    progress: Mapping[int, PartitionProgress]


def check_archive(archived: int, recorded: Recorded) -> None:
    """Raise ArchiveError unless store and archive belong together and nothing between them is missing."""
    if archived > recorded.last_epoch:
        raise ArchiveError(
            f"The archive is ahead of its store: it has epoch {archived}, the store ends at {recorded.last_epoch}",
            "Restore the store that belongs to it; a store from a backup needs the archive of the same moment",
        )
    known = {epoch for epoch, _ in recorded.unarchived}
    missing = set(range(archived + 1, recorded.last_epoch + 1)) - known
    if missing:
        raise ArchiveError(
            f"The archive ends at epoch {archived}, but the store no longer knows epoch {min(missing)}: "
            "an older archive was put back, or it was removed",
            _REBUILD,
        )


def check_log(log: EventLog, recorded: Recorded) -> None:
    """Raise LogError unless the log reaches as far as it was read: one that does not is another log, or cut."""
    for partition, place in recorded.progress.items():
        if partition >= log.partitions:
            raise _changed(f"it has {log.partitions} partitions, and partition {partition} was read")
        end = log.end_offset(partition)
        if place.next_offset > end:
            raise _changed(f"partition {partition} ends at offset {end} and was read to {place.next_offset}")


def starting_watermarks(recorded: Recorded) -> dict[int, int | None]:
    """The watermark of each partition (µs) where the archive ends."""
    marks: dict[int, int | None] = {p: place.watermark for p, place in recorded.progress.items()}
    for _, piece in reversed(recorded.unarchived):
        marks[piece.partition] = piece.watermark_before
    return marks


def remember_ids(archive: IdSource, intakes: Mapping[int, PartitionIntake], horizon: int) -> int:
    """Give each partition's intake the archived ids that are still within the horizon (µs); how many."""
    thresholds = {p: None if i.watermark is None else i.watermark - horizon for p, i in intakes.items()}
    ids = archive.ids_after(thresholds)
    for partition, intake in intakes.items():
        mine = ids.filter(pc.equal(ids["source_partition"], partition)) if len(intakes) > 1 else ids
        if len(mine):
            intake.remember(mine)
    return len(ids)


@dataclass(frozen=True)
class _Piece:
    """One partition's share of an epoch, with its blocks."""

    epoch: int
    recorded: EpochRange
    blocks: tuple[JudgedBlock, ...]


class Rerun:
    """Runs intake again over epochs that the store committed and the archive does not have yet.

    Their records are judged ahead from the start, for judging needs no ids.
    """

    def __init__(
        self,
        log: EventLog,
        judges: JudgePool,
        intakes: Mapping[int, PartitionIntake],
        recorded: Recorded,
        max_bytes: int,
        on_step: Callable[[str], None] = lambda step: None,
    ) -> None:
        """At most `max_bytes` are read at a time. `on_step` hears of each epoch that was handed over."""
        self._log = log
        self._judges = judges
        self._intakes = intakes
        self._recorded = recorded
        self._max_bytes = max_bytes
        self._on_step = on_step
        self._coming = iter(recorded.unarchived)
        self._ahead: deque[_Piece] = deque()
        self._read_on()

    def run(self, hand_over: Callable[[int, tuple[Taken, ...]], None]) -> None:
        """Hand over each epoch's events in order. Raises LogError if the log no longer gives what was recorded."""
        for epoch, pieces in groupby(self._pieces(), lambda piece: piece.epoch):
            hand_over(epoch, tuple(taken for piece in pieces for taken in self._again(piece)))
            self._on_step("run again")
        for partition, place in self._recorded.progress.items():
            if self._intakes[partition].watermark != place.watermark:
                raise _changed(f"partition {partition} ends at another watermark than was recorded")

    def _pieces(self) -> Iterator[_Piece]:
        while self._ahead:
            piece = self._ahead.popleft()
            self._read_on()
            yield piece

    def _read_on(self) -> None:
        while len(self._ahead) <= self._judges.parallel and (coming := next(self._coming, None)):
            epoch, recorded = coming
            self._ahead.append(_Piece(epoch, recorded, tuple(self._blocks(recorded))))

    def _blocks(self, recorded: EpochRange) -> Iterator[JudgedBlock]:
        offset, end = recorded.start_offset, recorded.end_offset
        while offset < end:
            block = self._log.read(recorded.partition, offset, self._max_bytes, end, self._judges.buffer)
            if len(block):
                yield JudgedBlock(offset, block, self._judges.judge(block))
            offset = block.next_offset

    def _again(self, piece: _Piece) -> list[Taken]:
        intake = self._intakes[piece.recorded.partition]
        taken = [intake.take(b.block, b.judged, b.start_offset) for b in piece.blocks]
        accepted = sum(len(t.events) for t in taken)
        if accepted != piece.recorded.accepted:
            raise _changed(f"epoch {piece.epoch} accepted {piece.recorded.accepted} events and now gives {accepted}")
        return taken


def _changed(what: str) -> LogError:
    return LogError(
        f"The log does not hold what was streamed from it: {what}",
        "Put back the log that belongs to this store, or start a new home (CLICKWATCH_HOME)",
    )
