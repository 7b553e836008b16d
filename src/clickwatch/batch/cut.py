"""The cut of a day's run: the last epoch that counts, the files that hold the day up to it, and whether it is whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from clickwatch.archive.snapshot import Snapshot
from clickwatch.domain.day import Day
from clickwatch.errors import BatchError, NoSuchDay
from clickwatch.eventlog.port import EventLog
from clickwatch.store import epochs, totals
from clickwatch.store.database import Store
from clickwatch.store.epochs import PartitionProgress


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


def check_day(day: Day, connection: Connection, now: int) -> None:
    """Raises NoSuchDay if the day has not begun (`now` in µs), or ended before the first event that there is."""
    if day.start > now:
        raise NoSuchDay(f"{day} has not begun (days are UTC)", "Choose today or a day before it")
    first = totals.first_hour(connection)
    if first is not None and day.end <= first:
        begun = Day.of(first)
        raise NoSuchDay(f"{day} was before the first event, which is of {begun}", f"Choose {begun} or a day after it")


def _refuse_what_is_left(day: Day, archived: int, speed: pa.Table, may_be_gone: bool) -> None:
    """Raises BatchError if events of the day have been there and have gone: what is left is no day."""
    counted = pc.sum(speed["event_count"]).as_py() or 0
    if archived == 0 < counted or (may_be_gone and archived < counted):
        share = f"{archived:,} of {counted:,}" if archived else "none"
        raise BatchError(
            f"The events of {day} are no longer in the archive: {share} are left",
            "They were kept for RETENTION_DAYS; the reports of a day stay as they were made then",
        )


def is_complete(day: Day, log: EventLog, progress: Mapping[int, PartitionProgress], now: int, delay: int) -> bool:
    """Whether all events of the day are there, as far as can be known: a later one would be late.

    A partition has the day behind it when its watermark has passed the day's end; or when the time for stragglers is
    over too (`now` and `delay` in µs) and all that it holds is processed: a quiet night holds nobody up.
    """
    return not unfinished(day, log, ends_of(log), progress, now >= day.end + delay)


def ends_of(log: EventLog) -> dict[int, int]:
    """Where each partition ends now."""
    return {partition: log.end_offset(partition) for partition in range(log.partitions)}


def unfinished(
    day: Day, log: EventLog, ends: Mapping[int, int], progress: Mapping[int, PartitionProgress], is_over: bool
) -> list[int]:
    """The partitions that do not have the day behind them, see `is_complete`: once the time for stragglers `is_over`,
    that takes no more than all records before `ends`.
    """
    behind = {partition for partition, place in progress.items() if _is_behind(day, place)}
    if is_over:
        behind |= {p for p, end in ends.items() if _processed(log, p, progress.get(p)) >= end}
    return [partition for partition in ends if partition not in behind]


def _is_behind(day: Day, place: PartitionProgress) -> bool:
    return place.watermark is not None and place.watermark >= day.end


def _processed(log: EventLog, partition: int, place: PartitionProgress | None) -> int:
    return log.start_offset(partition) if place is None else place.next_offset
