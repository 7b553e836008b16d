"""Moving a store to another database: all rows in one transaction there, and a mark on the old one.

The mark takes the place of the schema's revision, so that no version of clickwatch opens a marked store, and who has
opened it before writes no more: MOVING from before the first row is copied, MOVED once all of them are there. It is set
by compare-and-set, so of several moves one comes to its end. If the process dies in between, the new database says
whether it has them: the move, run again, copies them or sets the mark that is missing.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Table, exists, func, insert, select

from clickwatch.errors import SecondPipeline, StoreAway, StoreError
from clickwatch.store import epochs, migrations
from clickwatch.store.backend import Backend
from clickwatch.store.database import Store
from clickwatch.store.holder import described, is_dead
from clickwatch.store.migrations import MOVED, MOVING
from clickwatch.store.opening import open_store
from clickwatch.store.schema import leases, metadata
from clickwatch.store.upsert import write_columns

_ROWS_AT_ONCE = 5000
_TABLES = tuple(metadata.sorted_tables)


@dataclass(frozen=True)
class Move:
    """One move from the store at `place` to `target`, which is open; `clock` gives µs since the Unix epoch, UTC.

    `on_step` is called by name between durable steps, and with each table before it is copied.
    """

    place: Backend
    target: Store
    clock: Callable[[], int]
    on_step: Callable[[str], None] = lambda step: None

    def run(self) -> int:
        """Move everything; how many rows there are now in the target.

        Raises StoreError if there is nothing to move, it was moved already, or the target holds something else;
        SecondPipeline if somebody works with the old store. Then both are as they were.
        """
        old = Store(self.place)
        try:
            return self._run(old)
        finally:
            old.close()

    def _run(self, old: Store) -> int:
        is_begun = old.reach(self.place.is_there) and old.look(migrations.revision) == MOVING
        if is_begun and _goes_on(old, self.target):
            with old.begin() as connection:
                self._mark(connection, MOVING, MOVED)
            return self.target.look(_count_all)
        self.target.look(self._check_empty)
        if is_begun:
            with old.begin() as connection:
                self._mark(connection, MOVING, migrations.HEAD)
        open_store(self.place, create=False, upgrade=True).close()
        with old.begin() as connection:
            self._check_nobody_works(connection)
            self._mark(connection, migrations.HEAD, MOVING)
        self.on_step("begun")
        return self._finish(old)

    def _finish(self, old: Store) -> int:
        failure: Exception | None = None
        rows = 0
        with old.begin() as source:  # nobody writes to it any more
            self._mark(source, MOVING, MOVING)
            try:
                rows = self._copy(source)
            except StoreAway:
                raise  # whether the target has everything is not known: the next run finds out
            except Exception as error:  # noqa: BLE001 - it is raised when the mark is gone
                failure = error
            self.on_step("copied")
            self._mark(source, MOVING, MOVED if failure is None else migrations.HEAD)
        self.on_step("marked")
        if failure is not None:
            raise failure
        return rows

    def _copy(self, source: Connection) -> int:
        self._check_nobody_works(source)
        with self.target.begin() as target:
            self._check_empty(target)
            rows = sum(self._copy_table(source, target, table) for table in _TABLES)
            target.exec_driver_sql("analyze")  # or the planner takes the tables for empty ones for a while
            return rows

    def _copy_table(self, source: Connection, target: Connection, table: Table) -> int:
        self.on_step(table.name)
        names = [column.name for column in table.columns]
        found = source.execution_options(yield_per=_ROWS_AT_ONCE).execute(select(table))
        for some in found.partitions(_ROWS_AT_ONCE):
            write_columns(target, insert(table), dict(zip(names, zip(*some, strict=True), strict=True)))
        there, here = _count(source, table), _count(target, table)
        if there != here:
            raise StoreError(f"Of the {there:,} rows of {table.name}, {here:,} came to {self.target.name}")
        return here

    def _mark(self, connection: Connection, before: str, after: str) -> None:
        if not migrations.mark(connection, before, after):
            problem = f"Another process moves the store {self.place.name}, or has moved it"
            raise SecondPipeline(problem, "Let it finish, then run `clickwatch store move` again")

    def _check_empty(self, connection: Connection) -> None:
        taken = [table.name for table in _TABLES if connection.execute(select(exists(select(table)))).scalar()]
        if taken:
            problem = f"The store {self.target.name} is not empty: it has rows in {', '.join(taken)}"
            raise StoreError(problem, "Name an empty database in DATABASE_URL")

    def _check_nobody_works(self, connection: Connection) -> None:
        held = connection.execute(select(leases).where(leases.c.expires_at > self.clock())).all()
        for lease in held:
            if not is_dead(lease.holder):
                problem = f"{described(lease.holder).capitalize()} works with the store {self.place.name}: {lease.name}"
                raise SecondPipeline(problem, "End it, and move the store then")


def _goes_on(old: Store, new: Store) -> bool:
    """Whether the new store has what the old one had, and perhaps more: its last epoch is not before the old one's."""
    last, name = old.look(lambda c: (epochs.last_epoch(c), epochs.fingerprint(c)))
    last_there, name_there = new.look(lambda c: (epochs.last_epoch(c), epochs.fingerprint(c)))
    return name is not None and name == name_there and last_there >= last


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _count_all(connection: Connection) -> int:
    return sum(_count(connection, table) for table in _TABLES)
