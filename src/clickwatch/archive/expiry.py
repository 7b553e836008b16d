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
    """What goes, or would go: files by their paths relative to the table's folder, their bytes and rows, and the days.

    `days` are UTC days, ascending.
    """

    paths: frozenset[str] = frozenset()
    bytes: int = 0
    rows: int = 0
    days: tuple[date, ...] = ()

    @classmethod
    def of(cls, files: list[DataFile]) -> "Expired":
        """The sums over these files."""
        paths = frozenset(file.path for file in files)
        days = sorted({file.part.date for file in files})
        return cls(paths, sum(file.size for file in files), sum(file.rows for file in files), tuple(days))

    @property
    def files(self) -> int:
        """How many files they are."""
        return len(self.paths)


def expired(files: Iterable[DataFile], now: int, keep: int) -> list[DataFile]:
    """The files whose rows may be kept no longer than `keep` at `now` (both µs); the day of a row counts as a whole."""
    return [file for file in files if expires_at((file.part.day + 1) * DAY, file.intake * _MS, keep) <= now]
