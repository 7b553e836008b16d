"""Rows that go: counted, or removed in moments, so that nobody waits long for the write lock.

Which rows go is found out beside the lock, by blocks of keys in their order: however many others lie between them, and
however many went before, each row is looked at once.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Delete, Select, Table, bindparam, func, select, tuple_

from clickwatch.store.database import Store
from clickwatch.store.upsert import Parameters, deletion

ROWS_AT_ONCE = 1000
"""Rows of one transaction that adds some."""

_KEYS_AT_ONCE = 20_000
_FEWEST_ROWS = 100
_MOST_ROWS = 2000


@dataclass(frozen=True)
class Manners:
    """How a process that has much to write lets others write: it holds the lock for about `hold` seconds at a time.

    Then it sleeps, twice as long as it held: who asks for SQLite's lock looks again every few milliseconds only.
    """

    hold: float = 0.015
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def give_way(self, began: float) -> None:
        """Sleep after a transaction that began then."""
        self.sleep(2 * (self.monotonic() - began))

    def next_size(self, size: int, held: float) -> int:
        """How many rows to take after `size` of them held the lock for so many seconds: at most twice as many.

        One statement takes them all: each more is one more chance to be kept off the processor with the lock in hand.
        """
        fitting = int(size * self.hold / held) if held > 0 else _MOST_ROWS
        return max(_FEWEST_ROWS, min(fitting, 2 * size, _MOST_ROWS))


def count(connection: Connection, table: Table, which: ColumnElement[bool]) -> int:
    """How many rows of a table these are."""
    return connection.execute(select(func.count()).select_from(table).where(which)).scalar_one()


def remove(store: Store, table: Table, which: ColumnElement[bool], manners: Manners | None = None) -> int:
    """Remove these rows in transactions of a moment each; how many they were. Raises StoreError, StorageError.

    A row that is no longer one of them when its turn comes stays. `which` binds single values, no lists.
    """
    manners = manners or Manners()
    gone, size = 0, _FEWEST_ROWS
    for keys in _keys(store, table, which):
        tried = 0
        while tried < len(keys):
            some = keys[tried : tried + size]
            began = manners.monotonic()
            removed, held = _remove_some(store, deletion(store.engine.dialect.name, table, some, which), manners)
            gone += removed
            tried += len(some)
            size = manners.next_size(size, held)
            manners.give_way(began)
    return gone


def _keys(store: Store, table: Table, which: ColumnElement[bool]) -> Iterator[Sequence[tuple[Any, ...]]]:
    """The primary keys of these rows, some at a time."""
    columns = list(table.primary_key)
    first = select(*columns).where(which).order_by(*columns).limit(_KEYS_AT_ONCE)
    keys = _found(store, first)
    while keys:
        yield keys
        last = (bindparam(None, value, type_=key.type) for key, value in zip(columns, keys[-1], strict=True))
        keys = _found(store, first.where(tuple_(*columns) > tuple_(*last)))


def _found(store: Store, query: Select[Any]) -> Sequence[tuple[Any, ...]]:
    return store.look(lambda connection: [tuple(row) for row in connection.execute(query)])


def _remove_some(store: Store, how: tuple[Delete, Parameters], manners: Manners) -> tuple[int, float]:
    """Remove rows in one transaction: how many went, and for how many seconds it had the write lock."""
    began, gone = 0.0, 0

    def work(connection: Connection, again: bool) -> None:
        nonlocal began, gone
        began = manners.monotonic()
        # Done once more, because the first answer was lost, it may find none of the rows that went then.
        gone = max(gone, connection.execute(*how).rowcount)

    store.transact(work)
    return gone, manners.monotonic() - began
