"""The days that nobody has reported: what a night makes up for."""

from contextlib import closing

from clickwatch.domain.day import Day
from clickwatch.domain.window import DAY
from clickwatch.errors import NothingStreamed
from clickwatch.settings import AppSettings
from clickwatch.store import batch_views
from clickwatch.wiring.stores import AT_WORK, store_of_home

FURTHEST = 31 * DAY
"""How long before the last day a missed one may be, in µs: what is older is left to people."""


def missed_days(settings: AppSettings, last: Day, now: int) -> list[Day]:
    """The days before `last` without a complete report, ascending, from the first day on that has been reported.

    None that is more than FURTHEST before it, or whose events have been kept for RETENTION_DAYS at `now` (µs UTC).
    """
    try:
        store = store_of_home(settings, patience=AT_WORK)
    except NothingStreamed:
        return []
    with closing(store):
        views = store.look(batch_views.all_current)
    if not views:
        return []
    complete = {view.day_start for view in views if view.is_complete}
    earliest = max(views[0].day_start, last.start - FURTHEST)
    days = (Day.of(start) for start in range(earliest, last.start, DAY))
    return [day for day in days if day.start not in complete and day.end + settings.retention_days > now]
