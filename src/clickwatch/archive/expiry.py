"""Which data files have been kept long enough."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from clickwatch.archive.snapshot import DataFile
from clickwatch.domain.retention import expires_at
from clickwatch.domain.window import DAY

_MS = 1000


@dataclass(frozen=True)
class Expired:
    """What goes, or would go: so many files with their bytes, and how many rows of each UTC day."""

    files: int = 0
    bytes: int = 0
    rows_by_day: Mapping[date, int] = field(default_factory=dict)

    @classmethod
    def of(cls, files: list[DataFile]) -> "Expired":
        """The sums over these files."""
        return cls(len(files), sum(file.size for file in files), rows_by_day(files))

    @property
    def rows(self) -> int:
        """The rows of all days."""
        return sum(self.rows_by_day.values())

    @property
    def days(self) -> tuple[date, ...]:
        """The days that lose rows, ascending."""
        return tuple(sorted(self.rows_by_day))


def rows_by_day(files: Iterable[DataFile]) -> dict[date, int]:
    """How many rows of each UTC day these files have."""
    rows: Counter[date] = Counter()
    for file in files:
        rows[file.part.date] += file.rows
    return dict(rows)


def expired(files: Iterable[DataFile], now: int, keep: int) -> list[DataFile]:
    """The files whose rows may be kept no longer than `keep` at `now` (both µs); the day of a row counts as a whole."""
    return [file for file in files if expires_at((file.part.day + 1) * DAY, file.intake * _MS, keep) <= now]
