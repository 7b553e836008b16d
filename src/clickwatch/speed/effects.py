"""What an epoch does, computed before anything is written."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from clickwatch.intake.intake import Taken


@dataclass(frozen=True)
class Deltas:
    """Counts to be added, as tables in the columns of the store's `windows` and `hour_totals`; times in µs."""

    windows: pa.Table
    hours: pa.Table

    def touched(self) -> tuple[int, int] | None:
        """The first and the last window start (µs, inclusive) that get counts; None if there are none."""
        if len(self.windows) == 0:
            return None
        bounds = pc.min_max(self.windows["window_start"])
        return int(bounds["min"].as_py()), int(bounds["max"].as_py())


@dataclass(frozen=True)
class Gap:
    """Offsets `[start_offset, next_offset)` of a partition that hold no record: reading goes on behind them."""

    partition: int
    start_offset: int
    next_offset: int


@dataclass(frozen=True)
class PartitionEffects:
    """One partition's share of an epoch."""

    taken: Taken
    deltas: Deltas

    @classmethod
    def of_gap(cls, gap: Gap, watermark: int | None) -> "PartitionEffects":
        """That it is behind us, and nothing else; the watermark there is in µs."""
        taken = Taken.nothing(gap.partition, gap.start_offset, gap.next_offset, watermark)
        return cls(taken, Deltas(pa.table({}), pa.table({})))


@dataclass(frozen=True)
class Epoch:
    """One atomic step: a bounded range of log offsets with all its effects.

    `frontier` (µs): windows that end at or before it are closed; None closes none.
    """

    number: int
    parts: tuple[PartitionEffects, ...]
    frontier: int | None

    def touched(self) -> tuple[int, int] | None:
        """The first and the last window start (µs, inclusive) that get counts; None if there are none."""
        bounds = [bound for part in self.parts if (bound := part.deltas.touched())]
        return (min(low for low, _ in bounds), max(high for _, high in bounds)) if bounds else None


@dataclass(frozen=True)
class EpochReport:
    """What an epoch did, for those who watch: counts of records, times in µs."""

    number: int
    received: int
    accepted: int
    duplicates: int
    rejected: int
    late: int
    watermarks: Mapping[int, int | None]

    @classmethod
    def of(cls, epoch: Epoch) -> "EpochReport":
        """The counts of an epoch that was committed."""
        taken = [part.taken for part in epoch.parts]
        return cls(
            number=epoch.number,
            received=sum(t.received for t in taken),
            accepted=sum(len(t.events) for t in taken),
            duplicates=sum(t.duplicates for t in taken),
            rejected=sum(len(t.refused) for t in taken),
            late=sum(t.late for t in taken),
            watermarks={t.partition: t.watermark_after for t in taken},
        )
