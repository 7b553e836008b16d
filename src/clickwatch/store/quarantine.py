"""The quarantine: refused records with their bytes, their reason and their place in the log."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, exists, insert, select

from clickwatch.domain.event import MAX_RECORD_BYTES
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
    connection: Connection, *, reason: str | None = None, limit: int | None = None
) -> Iterator[QuarantinedRecord]:
    """Records by partition, then offset. They stream: use them before the connection's transaction ends."""
    query = select(*_COLUMNS).order_by(quarantine.c.partition, quarantine.c.offset).limit(limit)
    if reason is not None:
        query = query.where(quarantine.c.reason == reason)
    return (QuarantinedRecord(*row) for row in connection.execute(query))
