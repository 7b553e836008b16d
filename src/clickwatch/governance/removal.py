"""What one kind of data loses."""

from dataclasses import dataclass

from clickwatch.domain.day import Day


@dataclass(frozen=True)
class Removal:
    """So many of a kind of data (`unit`: files, rows ...) went, or would go: their bytes where known, and their days.

    `problem`: why this kind could not be looked at or removed, in words for the operator; then the counts are 0.
    """

    kind: str
    unit: str = ""
    count: int = 0
    bytes: int | None = None
    days: tuple[Day, ...] = ()
    problem: str = ""
