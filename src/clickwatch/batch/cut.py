"""The cut of a day's run: the last epoch that counts, and the files that hold the day up to it."""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from clickwatch.archive.snapshot import Snapshot
from clickwatch.batch.completeness import check_day, is_complete
from clickwatch.domain.day import Day
from clickwatch.errors import BatchError
from clickwatch.eventlog.port import EventLog
from clickwatch.store import epochs, totals
from clickwatch.store.database import Store


@dataclass(frozen=True)
class Cut:
    """`epoch`: later ones do not count. `files`: the archive's files of the day, relative to its folder."""

    day: Day
    epoch: int
    is_complete: bool
    files: tuple[str, ...]


@dataclass(frozen=True)
class CutSources:
    """What a cut is taken from.

    `archived_through` brings the archive up to an epoch and gives its newest version (None while there is nothing).
    `clock` gives µs since the Unix epoch, UTC; `delay` is how long stragglers are waited for, and `keep` how long
    events are kept, both in µs.
    """

    store: Store
    log: EventLog
    archived_through: Callable[[int], Snapshot | None]
    clock: Callable[[], int]
    delay: int
    keep: int


def take_cut(day: Day, sources: CutSources) -> tuple[Cut, pa.Table]:
    """A cut at the store's last epoch, and the speed layer's totals of the day at this very epoch.

    Raises NoSuchDay as `check_day` does, and BatchError if events of the day are gone from the archive.
    """
    with sources.store.read() as connection:
        check_day(day, connection, sources.clock())
        epoch = epochs.last_epoch(connection)
        speed = totals.day_table(connection, day.start, day.end)
        progress = epochs.progress(connection)
    whole = is_complete(day, sources.log, progress, sources.clock(), sources.delay)
    snapshot = sources.archived_through(epoch)
    files = snapshot.data_files(day.date) if snapshot is not None else []
    archived = sum(file.rows for file in files)
    if snapshot is not None and day.end + sources.keep <= sources.clock():
        archived = snapshot.count(day.date, epoch)  # some may have gone, and later ones have come
    _refuse_what_is_left(day, archived, speed, day.end + sources.keep <= sources.clock())
    return Cut(day, epoch, whole, tuple(file.path for file in files)), speed


def _refuse_what_is_left(day: Day, archived: int, speed: pa.Table, may_be_gone: bool) -> None:
    """Raises BatchError if events of the day have been there and have gone: what is left is no day."""
    counted = pc.sum(speed["event_count"]).as_py() or 0
    if archived == 0 < counted or (may_be_gone and archived < counted):
        share = f"{archived:,} of {counted:,}" if archived else "none"
        raise BatchError(
            f"The events of {day} are no longer in the archive: {share} are left",
            "They were kept for RETENTION_DAYS; the reports of a day stay as they were made then",
        )
