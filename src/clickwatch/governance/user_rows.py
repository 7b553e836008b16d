"""What the batch layer says of single users: it goes with the events that it was made of.

A day's report of its users, and the rows of its view in the store, are kept while the archive has all events that the
day's view has counted. The day's sums stay: there is nobody in them.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from clickwatch.batch.reports.factory import ReportFactory
from clickwatch.batch.reports.publication import ReportShelf
from clickwatch.domain.day import Day
from clickwatch.governance.removal import Removal
from clickwatch.governance.stored_rows import remove
from clickwatch.store import batch_views
from clickwatch.store.database import Store
from clickwatch.store.kept_turns import Fence
from clickwatch.store.schema import user_segments

_ANY_EPOCH = (1 << 63) - 1


@dataclass(frozen=True)
class UserRows:
    """The places that hold rows about users. `run_of` gives the right to a day's run, for as long as its block
    lasts, with the fence of that right.

    Methods raise StoreError, and StorageError if the disk refuses.
    """

    shelf: ReportShelf
    store: Store
    run_of: Callable[[Day], AbstractContextManager[Fence]]

    def outlived(self, before: int, archived: Callable[[Day, int], int]) -> list[Day]:
        """The days that ended by `before` (µs UTC), have rows about users, and of which reported events are gone.

        `archived`: how many events of a day are in the archive of those that came in up to an epoch. Raises as it does.
        """
        with self.store.read() as connection:
            views = {Day.of(view.day_start): view for view in batch_views.all_current(connection)}
            counted = {day: batch_views.event_count(connection, view.view_id) for day, view in views.items()}
        days = sorted(day for day in {*views, *self.shelf.days()} if day.end <= before and self._has_users(day))
        # Reports without a view are a run's that died in between: they go with the last event of their day.
        ends = {day: (views[day].cut, counted[day]) if day in views else (_ANY_EPOCH, 1) for day in days}
        return [day for day, (cut, count) in ends.items() if archived(day, cut) < count]

    def _has_users(self, day: Day) -> bool:
        return bool(self._report_bytes(day)) or bool(self._remove_rows(day, dry_run=True))

    def remove(self, days: list[Day], dry_run: bool) -> list[Removal]:
        """Remove reports with rows about users, and such rows of views, of some days; or only say what would go."""
        reports: dict[Day, int] = {}
        rows: dict[Day, int] = {}
        for day in days:
            if dry_run:
                reports[day], rows[day] = self._report_bytes(day), self._remove_rows(day, dry_run)
                continue
            with self.run_of(day) as fence:
                reports[day], rows[day] = self._withdraw(day, fence), self._remove_rows(day, dry_run)
        with_report = tuple(day for day in days if reports[day])
        with_rows = tuple(day for day in days if rows[day])
        return [
            Removal("reports on users", "files", len(with_report), sum(reports.values()), with_report),
            Removal("user segments", "rows", sum(rows.values()), days=with_rows),
        ]

    def _report_bytes(self, day: Day) -> int:
        return sum(size for name, size in self.shelf.sizes(day).items() if name in _on_users(day))

    def _withdraw(self, day: Day, fence: Fence) -> int:
        """Let the day's reports stand without those on users; how many bytes went."""
        gone = self._report_bytes(day)
        if gone:
            kept = {name: content for name, content in self.shelf.files(day).items() if name not in _on_users(day)}
            report_set = self.shelf.stage(day, kept)
            with self.store.begin() as connection:
                fence(connection)
                self.shelf.publish(day, report_set)
        return gone

    def _remove_rows(self, day: Day, dry_run: bool) -> int:
        with self.store.read() as connection:
            views = batch_views.of_day(connection, day.start)
        return sum(remove(self.store, user_segments, user_segments.c.view_id == view, dry_run) for view in views)


def _on_users(day: Day) -> set[str]:
    reports = [ReportFactory.create(name) for name in ReportFactory.names()]
    return {report.file_name(day) for report in reports if report.has_user_rows}
