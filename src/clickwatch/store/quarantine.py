"""The quarantine: refused records with their bytes, their reason and their place in the log."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, exists, insert, select

from clickwatch.domain.event import MAX_RECORD_BYTES
from clickwatch.domain.place import Place
from clickwatch.store.places import by_partition
from clickwatch.store.schema import quarantine, repairs


@dataclass(frozen=True)
class QuarantinedRecord:
    """A refused record: `raw` is all of it, or its first 32 KiB, and then `sha256` is that of the whole, in hex.

    `length` is the whole record's, in bytes; `log_time` is in µs UTC.
    """

    partition: int
    offset: int
    log_time: int
    reason: str
    length: int
    sha256: str | None
    raw: bytes

    @property
    def place(self) -> Place:
        """Where it stands in the log."""
        return Place(self.partition, self.offset)

    @property
    def is_whole(self) -> bool:
        """Whether `raw` is all of it."""
        return self.length == len(self.raw)


_COLUMNS = [quarantine.c[name] for name in QuarantinedRecord.__dataclass_fields__]


def quarantined(partition: int, offset: int, log_time: int, reason: str, raw: bytes) -> QuarantinedRecord:
    """The record as the quarantine keeps it; `raw` is the whole of it."""
    digest = hashlib.sha256(raw).hexdigest() if len(raw) > MAX_RECORD_BYTES else None
    return QuarantinedRecord(partition, offset, log_time, reason, len(raw), digest, raw[:MAX_RECORD_BYTES])


def add(connection: Connection, epoch: int, records: Iterable[QuarantinedRecord]) -> None:
    """Keep the records that `epoch` refused; each place in the log once."""
    rows = [{"epoch": epoch, **vars(record)} for record in records]
    if rows:
        connection.execute(insert(quarantine), rows)


def expired(now: int, keep: int) -> ColumnElement[bool]:
    """The records that came in so long ago that they may be kept no longer than `keep` at `now` (both µs)."""
    return quarantine.c.log_time <= now - keep


def repaired_and_gone() -> ColumnElement[bool]:
    """The repairs of records that the quarantine has no longer."""
    place = (quarantine.c.partition == repairs.c.partition) & (quarantine.c.offset == repairs.c.offset)
    return ~exists().where(place)


def list_records(
    connection: Connection,
    *,
    reason: str | None = None,
    since: int | None = None,
    until: int | None = None,
    unrepaired: bool = False,
    limit: int | None = None,
) -> Iterator[QuarantinedRecord]:
    """Records by partition, then offset. They stream: use them before the connection's transaction ends.

    Only those with log times in `[since, until)` (µs UTC), and where `unrepaired`, only those that no record of the
    log repairs.
    """
    query = select(*_COLUMNS).order_by(quarantine.c.partition, quarantine.c.offset).limit(limit)
    if reason is not None:
        query = query.where(quarantine.c.reason == reason)
    if since is not None:
        query = query.where(quarantine.c.log_time >= since)
    if until is not None:
        query = query.where(quarantine.c.log_time < until)
    if unrepaired:
        query = query.where(~_is_repaired())
    return (QuarantinedRecord(*row) for row in connection.execute(query))


def from_offset(connection: Connection, partition: int, offset: int, limit: int) -> list[QuarantinedRecord]:
    """The records of one partition from an offset on, in their order; `limit` at most."""
    here = (quarantine.c.partition == partition) & (quarantine.c.offset >= offset)
    rows = connection.execute(select(*_COLUMNS).where(here).order_by(quarantine.c.offset).limit(limit))
    return [QuarantinedRecord(*row) for row in rows]


def at(connection: Connection, place: Place) -> QuarantinedRecord | None:
    """The refused record that stands at a place; None if there is none."""
    here = (quarantine.c.partition == place.partition) & (quarantine.c.offset == place.offset)
    row = connection.execute(select(*_COLUMNS).where(here)).one_or_none()
    return None if row is None else QuarantinedRecord(*row)


def among(connection: Connection, places: Iterable[Place]) -> set[Place]:
    """Those of the places where a refused record stands."""
    there: set[Place] = set()
    for partition, offsets in by_partition(places):
        here = (quarantine.c.partition == partition) & quarantine.c.offset.in_(offsets)
        there |= {
            Place(partition, offset) for offset in connection.execute(select(quarantine.c.offset).where(here)).scalars()
        }
    return there


def _is_repaired() -> ColumnElement[bool]:
    same = (repairs.c.partition == quarantine.c.partition) & (repairs.c.offset == quarantine.c.offset)
    return select(repairs.c.offset).where(same, repairs.c.new_offset.is_not(None)).exists()
