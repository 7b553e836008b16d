"""Rows that go: counted, or removed in moments, so that nobody waits long for the write lock.

Which rows go is found out beside the lock, by blocks of keys in their order: however many others lie between them, and
however many went before, each row is looked at once.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, bindparam, func, select, tuple_

from clickwatch.store.database import Store
from clickwatch.store.upsert import delete_keys

ROWS_AT_ONCE = 1000
"""Rows of one transaction that adds some."""

_KEYS_AT_ONCE = 20_000
_SLICE = 200


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


def count(connection: Connection, table: Table, which: ColumnElement[bool]) -> int:
    """How many rows of a table these are."""
    return connection.execute(select(func.count()).select_from(table).where(which)).scalar_one()


def remove(store: Store, table: Table, which: ColumnElement[bool], manners: Manners | None = None) -> int:
    """Remove these rows in transactions of a moment each; how many they were. Raises StoreError, StorageError.

    A row that is no longer one of them when its turn comes stays. `which` binds single values, no lists.
    """
    manners = manners or Manners()
    gone = 0
    for keys in _keys(store, table, which):
        tried = 0
        while tried < len(keys):
            began = manners.monotonic()
            some, removed = _remove_some(store, table, which, keys[tried:], manners)
            tried += some
            gone += removed
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


def _remove_some(
    store: Store, table: Table, which: ColumnElement[bool], keys: Sequence[tuple[Any, ...]], manners: Manners
) -> tuple[int, int]:
    """Remove as many of the rows as a moment is long for: how many were tried, and how many went."""

    def work(connection: Connection, again: bool) -> tuple[int, int]:
        until = manners.monotonic() + manners.hold
        tried = gone = 0
        while tried < len(keys) and (not tried or manners.monotonic() < until):
            some = keys[tried : tried + _SLICE]
            gone += delete_keys(connection, table, some, which)
            tried += len(some)
        return tried, gone

    return store.transact(work)
