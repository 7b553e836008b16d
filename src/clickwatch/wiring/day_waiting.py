"""Waiting until a day is complete, for a bounded time: what the jobs of the night begin with."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from clickwatch.batch.completeness import check_day, ends_of, unfinished
from clickwatch.domain.day import Day
from clickwatch.domain.duration import format_duration
from clickwatch.domain.instant import iso_utc
from clickwatch.domain.window import MINUTE, SECOND
from clickwatch.errors import BatchError
from clickwatch.eventlog.port import EventLog
from clickwatch.settings import AppSettings
from clickwatch.store import epochs, leases
from clickwatch.store.database import Store
from clickwatch.store.holder import described, is_dead
from clickwatch.wiring.log import wall_clock
from clickwatch.wiring.log_kinds import log_of_home
from clickwatch.wiring.stores import AT_WORK, store_of_home

_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class DayPatience:
    """How long is waited, in µs: at most; and, once the day is over, while no stream is running."""

    whole: int
    without_stream: int = 5 * MINUTE


def wait_for_day(
    settings: AppSettings,
    day: Day,
    patience: DayPatience,
    *,
    clock: Callable[[], int] = wall_clock,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Return when the day is complete, see `is_complete`; records appended after the call are not waited for.

    `clock` gives µs since the Unix epoch, UTC; `sleep` takes seconds. Raises NoSuchDay as a run of the day does, and
    BatchError when patience is over: at once where it cannot last until the day is over.
    """
    with closing(store_of_home(settings, patience=AT_WORK)) as store, closing(log_of_home(settings)) as log:
        over = day.end + settings.spark_watermark_delay
        began = streamed = now = clock()
        _check(store, day, now, over, began + patience.whole)
        ends = ends_of(log)
        while left := _left(store, log, day, ends, now >= over):
            stream = _stream(store, now)
            streamed = now if stream else streamed
            if now >= began + patience.whole or now >= max(streamed, over) + patience.without_stream:
                raise _not_complete(day, left, stream, now - began)
            sleep(_POLL_SECONDS)
            before, now = now, clock()
            ends = ends if before >= over else ends_of(log)


def _check(store: Store, day: Day, now: int, over: int, until: int) -> None:
    store.look(lambda connection: check_day(day, connection, now))
    if over > until:
        problem = f"{day} is over, stragglers and all, at {iso_utc(over // SECOND * SECOND)}, which is too long to wait"
        raise BatchError(problem, "Run this then, or let it wait longer: --for")


def _left(store: Store, log: EventLog, day: Day, ends: dict[int, int], is_over: bool) -> list[int]:
    return unfinished(day, log, ends, store.look(epochs.progress), is_over)


def _stream(store: Store, now: int) -> str | None:
    """The holder of the stream's lease, if a stream is running."""
    return store.look(lambda connection: leases.holder(connection, leases.PIPELINE, now, is_dead))


def _not_complete(day: Day, left: list[int], stream: str | None, waited: int) -> BatchError:
    where = f"partition{'s' if len(left) > 1 else ''} {', '.join(map(str, left))}"
    problem = (
        f"{day} is not complete after {format_duration(waited // SECOND * SECOND)}: not all of {where} is processed"
    )
    if stream is None:
        return BatchError(f"{problem}, and no stream is running", "Start one: clickwatch stream; then run this again")
    cure = "Look how far it is: clickwatch accounting; then run this again"
    return BatchError(f"{problem} by {described(stream)}", cure)
