"""Moving a store to another database: all rows in one transaction there, and a mark on the old one.

The mark takes the place of the schema's revision, so that no version of clickwatch opens a marked store, and who has
opened it before writes no more: `moving` with the revision from before the first row is copied, MOVED once all of them
are there. It is set by compare-and-set, so of several moves one comes to its end. The move's name is written into the
old store with the mark, into the new one with the rows: if the process dies in between, the move, run again, finds
by it whether they are there, and copies them or sets the mark that is missing.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection, Table, delete, exists, func, insert, select

from clickwatch.errors import ClickwatchError, SecondPipeline, StoreAway, StoreError
from clickwatch.files.durable import unique_name
from clickwatch.store import migrations
from clickwatch.store.backend import Backend
from clickwatch.store.database import Store
from clickwatch.store.holder import described, is_dead
from clickwatch.store.migrations import HEAD, MOVED, moving
from clickwatch.store.opening import check_revision, open_store
from clickwatch.store.schema import leases, metadata, moves
from clickwatch.store.upsert import write_columns

_ROWS_AT_ONCE = 5000
_TABLES = tuple(table for table in metadata.sorted_tables if table is not moves)


@dataclass(frozen=True)
class Move:
    """One move from the store at `place` to `target`, which is open; `clock` gives µs since the Unix epoch, UTC.

    `on_step` is called by name between durable steps, and with each table before it is copied; `new_name` gives a name
    that no other move has.
    """

    place: Backend
    target: Store
    clock: Callable[[], int]
    on_step: Callable[[str], None] = lambda step: None
    new_name: Callable[[], str] = unique_name

    def run(self) -> int:
        """Move everything; how many rows there are now in the target.

        Raises StoreError if there is nothing to move, it was moved already, or the target holds something else;
        SecondPipeline if somebody works with the old store. Then both are as it found them.
        """
        old = Store(self.place)
        try:
            is_new = self._begin(old)
            self.on_step("begun")
            return self._finish(old, is_new)
        finally:
            old.close()

    def _begin(self, old: Store) -> bool:
        """Mark the old store, for a move that goes on anew; whether this one is the first to do so."""
        stated = self._stated(old)
        begun = migrations.moving_from(stated) or stated
        check_revision(old, begun)
        with old.begin() as connection:
            self._check_nobody_works(connection)
            self._mark(connection, stated, begun)
            if begun != HEAD:
                migrations.upgrade(connection)
            self._mark(connection, HEAD, moving(HEAD))
            if _name(connection) is None:
                connection.execute(insert(moves).values(move_id=self.new_name()))
        return stated == HEAD

    def _stated(self, old: Store) -> str:
        """The mark of a move that came to no end; else HEAD, to which the store is brought."""
        stated = old.look(migrations.revision) if old.reach(self.place.is_there) else None
        if stated is not None and migrations.moving_from(stated) is not None:
            return stated
        open_store(self.place, create=False, upgrade=True).close()
        self.target.look(self._check_empty)
        return HEAD

    def _finish(self, old: Store, is_new: bool) -> int:
        try:
            with old.begin() as source:  # nobody writes to it any more
                self._mark(source, moving(HEAD), moving(HEAD))
                rows = self._copy(source)
                self.on_step("copied")
                self._mark(source, moving(HEAD), MOVED)
        except StoreAway:
            raise  # whether the target has everything is not known: the next run finds out
        except Exception:
            if is_new:  # else rows of an earlier run may be in another database
                with suppress(ClickwatchError):  # then the mark stays, and the move is run again
                    self._undo(old)
            raise
        self.on_step("marked")
        return rows

    def _undo(self, old: Store) -> None:
        """Take the mark back, if nothing has come to the target."""
        if self.target.look(_name) != old.look(_name):
            with old.begin() as connection:
                self._mark(connection, moving(HEAD), HEAD)
                connection.execute(delete(moves))

    def _copy(self, source: Connection) -> int:
        with self.target.begin() as target:
            name = _name(source)
            if name == _name(target):
                return sum(_count(target, table) for table in _TABLES)
            self._check_empty(target)
            rows = sum(self._copy_table(source, target, table) for table in _TABLES)
            target.execute(insert(moves).values(move_id=name))
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
        taken = [
            table.name for table in metadata.sorted_tables if connection.execute(select(exists(select(table)))).scalar()
        ]
        if taken:
            problem = f"The store {self.target.name} is not empty: it has rows in {', '.join(taken)}"
            raise StoreError(problem, "Name an empty database in DATABASE_URL")

    def _check_nobody_works(self, connection: Connection) -> None:
        held = connection.execute(select(leases).where(leases.c.expires_at > self.clock())).all()
        for lease in held:
            if not is_dead(lease.holder):
                problem = f"{described(lease.holder).capitalize()} works with the store {self.place.name}: {lease.name}"
                raise SecondPipeline(problem, "End it, and move the store then")


def _name(connection: Connection) -> str | None:
    """The name of the move that the store is moved by, or was."""
    return connection.execute(select(moves.c.move_id)).scalar()


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()
