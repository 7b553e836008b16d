"""Whether there is anything to be said of a day, and whether all of it is there."""

from collections.abc import Mapping

from sqlalchemy import Connection

from clickwatch.domain.day import Day
from clickwatch.errors import NoSuchDay
from clickwatch.eventlog.port import EventLog
from clickwatch.store import totals
from clickwatch.store.epochs import PartitionProgress


def check_day(day: Day, connection: Connection, now: int) -> None:
    """Raises NoSuchDay if the day has not begun (`now` in µs), or ended before the first event that there is."""
    if day.start > now:
        raise NoSuchDay(f"{day} has not begun (days are UTC)", "Choose today or a day before it")
    first = totals.first_hour(connection)
    if first is not None and day.end <= first:
        begun = Day.of(first)
        raise NoSuchDay(f"{day} was before the first event, which is of {begun}", f"Choose {begun} or a day after it")


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
