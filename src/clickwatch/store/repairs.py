"""Repairs: which record of the log stands in for a refused one, or is about to.

A repair is written down before its record is appended (`new_offset` is None then) and again when the record is found
on the log. What stands between the two is found out by looking through the log from `search_from` on. One process
repairs at a time: the lease is the caller's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update

from clickwatch.domain.place import Place
from clickwatch.store.places import by_partition
from clickwatch.store.schema import repairs
from clickwatch.store.upsert import insert_into


@dataclass(frozen=True)
class Repair:
    """The record with this SHA-256 (hex) and `length` (bytes) repairs the refused one at `partition`, `offset`.

    It is on the log at `new_partition`, `new_offset`; or, where that is None, perhaps, at `search_from` or later.
    `begun_at` is in µs UTC.
    """

    partition: int
    offset: int
    sha256: str
    length: int
    new_partition: int
    search_from: int
    begun_at: int
    new_offset: int | None = None

    @property
    def place(self) -> Place:
        """Where the refused record stands."""
        return Place(self.partition, self.offset)

    @property
    def new_place(self) -> Place | None:
        """Where the repaired one stands, as far as that is known."""
        return None if self.new_offset is None else Place(self.new_partition, self.new_offset)


_COLUMNS = [repairs.c[name] for name in Repair.__dataclass_fields__]


def begin(connection: Connection, begun: Iterable[Repair]) -> None:
    """Write down repairs before their records are appended, in place of unfinished ones of the same place."""
    rows = [vars(repair) for repair in begun]
    if rows:
        statement = insert_into(connection.dialect.name, repairs)
        others = {column.name: statement.excluded[column.name] for column in _COLUMNS if not column.primary_key}
        unfinished = repairs.c.new_offset.is_(None)
        connection.execute(
            statement.on_conflict_do_update(index_elements=list(repairs.primary_key), set_=others, where=unfinished),
            rows,
        )


def finish(connection: Connection, found: Mapping[Place, int]) -> None:
    """Write down at which offset each repair's record stands.

    Raises sqlalchemy.exc.IntegrityError if another refused record is repaired by that one already.
    """
    mine = (repairs.c.partition == bindparam("p")) & (repairs.c.offset == bindparam("o"))
    rows = [{"p": place.partition, "o": place.offset, "found": offset} for place, offset in found.items()]
    if rows:
        connection.execute(update(repairs).where(mine).values(new_offset=bindparam("found")), rows)


def of(connection: Connection, places: Iterable[Place]) -> dict[Place, Repair]:
    """The repairs of the refused records at these places, where there are any."""
    found: dict[Place, Repair] = {}
    for partition, offsets in by_partition(places):
        here = (repairs.c.partition == partition) & repairs.c.offset.in_(offsets)
        found |= {r.place: r for r in (Repair(*row) for row in connection.execute(select(*_COLUMNS).where(here)))}
    return found


def repairing(connection: Connection, places: Iterable[Place]) -> set[Place]:
    """Those of the places whose record repairs a refused one."""
    found: set[Place] = set()
    for partition, offsets in by_partition(places):
        here = (repairs.c.new_partition == partition) & repairs.c.new_offset.in_(offsets)
        rows = connection.execute(select(repairs.c.new_offset).where(here))
        found |= {Place(partition, offset) for offset in rows.scalars()}
    return found
