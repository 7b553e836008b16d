"""Recovery: whether log, store and archive belong together, and intake as the last committed epoch left it.

What it costs follows the ids within the horizon (read from the archive) and the epochs that are not archived yet (run
again, see `embedded/rerun.py`), never the history.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from clickwatch.errors import ArchiveError, LogError
from clickwatch.eventlog.port import EventLog
from clickwatch.intake.intake import PartitionIntake
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
            raise changed(f"it has {log.partitions} partitions, and partition {partition} was read")
        end = log.end_offset(partition)
        if place.next_offset > end:
            raise changed(f"partition {partition} ends at offset {end} and was read to {place.next_offset}")


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


def changed(what: str) -> LogError:
    """The error for a log that is not the one that was read, or not all of it."""
    return LogError(
        f"The log does not hold what was streamed from it: {what}",
        "Put back the log that belongs to this store, or start a new home (CLICKWATCH_HOME)",
    )
