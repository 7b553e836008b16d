"""Publication of a day: its reports at once, then its view in the store, row by row as a draft and current at once.

The reports come first: if the process dies in between, the answers are provisional still, and that is to be seen.
Each of these changes is made in a transaction behind the fence: a process that has slept through the end of its lease
changes nothing, and whoever takes the lease over waits for the change.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa
from sqlalchemy import Connection, Table

from clickwatch.batch.cut import Cut
from clickwatch.batch.reports.publication import ReportShelf
from clickwatch.store import batch_views
from clickwatch.store.batch_views import VIEW_TABLES
from clickwatch.store.database import Store
from clickwatch.store.kept_turns import Fence
from clickwatch.store.removal import Manners, remove


@dataclass(frozen=True)
class Publisher:
    """Publishes one day at a time, which the caller has the lease of; `fence` is this lease's.

    `on_step` is called by name between durable steps.
    """

    shelf: ReportShelf
    store: Store
    fence: Fence
    on_step: Callable[[str], None]

    def publish(self, cut: Cut, report_set: str, rows: Iterator[tuple[Table, pa.Table]]) -> None:
        """Let the staged reports and the rows of a new view take the place of the day's.

        Raises StorageError, and SecondPipeline if somebody else has taken the lease over.
        """
        with self._fenced():
            self.shelf.publish(cut.day, report_set)
        self.on_step("reports published")
        with self._fenced() as connection:
            view = batch_views.begin(connection, cut.day.start, cut.epoch, cut.is_complete)
        self.on_step("draft begun")
        manners = Manners()
        for table, some in rows:
            began = manners.monotonic()
            with self._fenced() as connection:
                batch_views.add(connection, table, view, some)
            manners.give_way(began)
            self.on_step("rows added")
        with self._fenced() as connection:
            batch_views.make_current(connection, view)
        self.on_step("view current")
        self._tidy(cut)
        self.on_step("old views removed")

    @contextmanager
    def _fenced(self) -> Iterator[Connection]:
        with self.store.begin() as connection:
            self.fence(connection)
            yield connection

    def _tidy(self, cut: Cut) -> None:
        """Remove the views that this one replaced, and drafts whose makers died."""
        with self.store.read() as connection:
            views = batch_views.needless(connection, cut.day.start)
        for view in views:
            for table in VIEW_TABLES:
                remove(self.store, table, table.c.view_id == view)
            with self.store.begin() as connection:
                batch_views.forget(connection, view)
