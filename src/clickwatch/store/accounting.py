"""The accounting sheet: what became of every record, per partition.

`received = accepted + duplicate + rejected` and `accepted = on_time + late` hold at every commit: the database
refuses a row that breaks them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from clickwatch.store.schema import accounting, rejections
from clickwatch.store.upsert import adding


@dataclass(frozen=True)
class Counts:
    """One epoch's records of one partition; `rejected` by reason."""

    received: int
    accepted: int
    duplicate: int
    on_time: int
    late: int
    rejected: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class AccountingSheet:
    """All records since the store began; `reasons` splits `rejected`, in the reasons' alphabetical order."""

    received: int = 0
    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    on_time: int = 0
    late: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PartitionSheet:
    """The accounting sheet of one partition."""

    partition: int
    sheet: AccountingSheet


_COUNTS = ("received", "accepted", "duplicate", "rejected", "on_time", "late")


def add(connection: Connection, partition: int, counts: Counts) -> None:
    """Add an epoch's counts. Raises sqlalchemy.exc.IntegrityError if they break the accounting identity."""
    row = {name: getattr(counts, name) for name in _COUNTS if name != "rejected"}
    row["rejected"] = sum(counts.rejected.values())
    connection.execute(adding(connection.dialect.name, accounting, _COUNTS), {"partition": partition, **row})
    reasons = [{"partition": partition, "reason": r, "records": n} for r, n in counts.rejected.items() if n]
    if reasons:
        connection.execute(adding(connection.dialect.name, rejections, ["records"]), reasons)


def sheet(connection: Connection) -> list[PartitionSheet]:
    """The sheet of each partition, by partition."""
    reasons: dict[int, dict[str, int]] = {}
    for partition, reason, records in connection.execute(select(rejections).order_by(rejections.c.reason)):
        reasons.setdefault(partition, {})[reason] = records
    columns = [accounting.c[name] for name in ("partition", *_COUNTS)]
    rows = connection.execute(select(*columns).order_by(accounting.c.partition))
    return [PartitionSheet(row[0], _sheet(row[1:], reasons.get(row[0], {}))) for row in rows]


def total(connection: Connection) -> AccountingSheet:
    """The sheet of all partitions together; all zero before the first epoch."""
    parts = [part.sheet for part in sheet(connection)]
    reasons: Counter[str] = Counter()
    for part in parts:
        reasons.update(part.reasons)
    sums = [sum(getattr(part, name) for part in parts) for name in _COUNTS]
    return _sheet(sums, dict(sorted(reasons.items())))


def _sheet(counts: Sequence[int], reasons: Mapping[str, int]) -> AccountingSheet:
    received, accepted, duplicate, rejected, on_time, late = counts
    return AccountingSheet(received, accepted, duplicate, rejected, on_time, late, reasons)
