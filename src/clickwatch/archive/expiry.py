"""Which data files have been kept long enough."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from clickwatch.archive.snapshot import DataFile
from clickwatch.domain.retention import expires_at
from clickwatch.domain.window import DAY

_MS = 1000


@dataclass(frozen=True)
class Expired:
    """What goes, or would go: so many files with their rows and bytes, of these UTC days."""

    files: int = 0
    rows: int = 0
    bytes: int = 0
    days: tuple[date, ...] = ()

    @classmethod
    def of(cls, files: list[DataFile]) -> "Expired":
        """The sums over these files."""
        days = sorted({file.part.date for file in files})
        return cls(len(files), sum(file.rows for file in files), sum(file.size for file in files), tuple(days))


def expired(files: Iterable[DataFile], now: int, keep: int) -> list[DataFile]:
    """The files whose rows may be kept no longer than `keep` at `now` (both µs); the day of a row counts as a whole."""
    return [file for file in files if expires_at((file.part.day + 1) * DAY, file.intake * _MS, keep) <= now]
