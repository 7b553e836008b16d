"""Epochs and where each partition stands: the compare-and-set that lets one pipeline write, and no other."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from clickwatch.errors import SecondPipeline
from clickwatch.store.schema import epoch_ranges, epochs
from clickwatch.store.schema import progress as progress_table
from clickwatch.store.upsert import replacing


@dataclass(frozen=True)
class EpochRange:
    """What an epoch took of one partition: the offsets `[start_offset, end_offset)`.

    `watermark_before` (µs UTC, None before the first valid record) is the watermark at `start_offset`; `accepted`
    counts the records of the range that were accepted.
    """

    partition: int
    start_offset: int
    end_offset: int
    watermark_before: int | None
    accepted: int


@dataclass(frozen=True)
class PartitionProgress:
    """Where reading goes on after the last epoch, and the watermark there (µs UTC)."""

    partition: int
    next_offset: int
    watermark: int | None


def last_epoch(connection: Connection) -> int:
    """The number of the last committed epoch; 0 if there is none."""
    return connection.execute(select(func.max(epochs.c.epoch))).scalar() or 0


def fingerprint(connection: Connection) -> str | None:
    """The settings' fingerprint that the last epoch was made with; None if there is no epoch."""
    return connection.execute(select(epochs.c.fingerprint).order_by(epochs.c.epoch.desc()).limit(1)).scalar()


def claim(
    connection: Connection, epoch: int, fingerprint: str, committed_at: int, ranges: Sequence[EpochRange]
) -> None:
    """Make `epoch` this transaction's: it must follow the last one. Raises SecondPipeline if it does not.

    Of two transactions that claim the same number one commits. `committed_at` is in µs UTC.
    """
    last = last_epoch(connection)
    if epoch != last + 1:
        raise _second_pipeline(epoch, f"the store is at {last}")
    row = {"epoch": epoch, "committed_at": committed_at, "fingerprint": fingerprint}
    try:
        connection.execute(insert(epochs), row)
    except IntegrityError as error:
        raise _second_pipeline(epoch, "another one has just written it") from error
    if ranges:
        connection.execute(insert(epoch_ranges), [{"epoch": epoch, **asdict(r)} for r in ranges])


def progress(connection: Connection) -> dict[int, PartitionProgress]:
    """Where each partition stands, by partition; those never read are not in it."""
    table = progress_table.c
    rows = connection.execute(select(table.partition, table.next_offset, table.watermark).order_by(table.partition))
    return {row.partition: PartitionProgress(*row) for row in rows}


def save_progress(connection: Connection, rows: Iterable[PartitionProgress]) -> None:
    """Put the partitions where `rows` say; the others stay where they are."""
    changed = [asdict(row) for row in rows]
    if changed:
        connection.execute(replacing(connection.dialect.name, progress_table), changed)


def ranges_after(connection: Connection, epoch: int) -> list[tuple[int, EpochRange]]:
    """The ranges of the epochs after `epoch`, with their epoch, by epoch and partition."""
    table = epoch_ranges.c
    columns = [table[name] for name in EpochRange.__dataclass_fields__]
    query = select(table.epoch, *columns).where(table.epoch > epoch).order_by(table.epoch, table.partition)
    return [(row[0], EpochRange(*row[1:])) for row in connection.execute(query)]


def prune(connection: Connection, through: int) -> None:
    """Forget the epochs up to `through` and their ranges; the last epoch's number and fingerprint stay."""
    last = last_epoch(connection)
    connection.execute(delete(epoch_ranges).where(epoch_ranges.c.epoch <= through))
    connection.execute(delete(epochs).where(epochs.c.epoch <= through, epochs.c.epoch < last))


def _second_pipeline(epoch: int, why: str) -> SecondPipeline:
    problem = f"Another pipeline writes to this store: epoch {epoch} cannot be committed, {why}"
    return SecondPipeline(problem, "Let one pipeline run per store, and start this one again if it is the one")
