"""A truth that is known beforehand: what a log was made of, and what any pipeline has to make of it.

The rows of a truth file, format version 1; `docs/chaos.md` describes it field by field. All times are text, ISO 8601
in UTC, as `instant.iso_utc` writes them; windows and hours are half-open `[start, end)`.
"""

from dataclasses import dataclass
from typing import Literal

FORMAT: Literal["clickwatch-truth"] = "clickwatch-truth"
VERSION: Literal[1] = 1


@dataclass(frozen=True)
class Origin:
    """How the log was made; true times lie in `[start, end)`."""

    profile: str
    seed: int
    start: str
    end: str


@dataclass(frozen=True)
class BreakageCount:
    """How many records were broken in one way, and the reason for which they have to be refused."""

    name: str
    reason: str
    records: int


@dataclass(frozen=True)
class PartitionTruth:
    """What one partition holds and what becomes of it; `watermark` is the one after its last record."""

    partition: int
    role: str
    bytes: int
    received: int
    accepted: int
    duplicate: int
    rejected: int
    on_time: int
    late: int
    reasons: dict[str, int]
    watermark: str | None


@dataclass(frozen=True)
class WindowTruth:
    """One product in one window."""

    window_start: str
    window_end: str
    product_id: str
    category: str
    view_count: int
    cart_count: int
    purchase_count: int


@dataclass(frozen=True)
class AlertTruth:
    """A window that alerts once all has been read."""

    rule: str
    product_id: str
    window_start: str
    window_end: str
    category: str
    view_count: int
    purchase_count: int


@dataclass(frozen=True)
class HourTruth:
    """One product in one hour, late events included; `event_count` is of all types."""

    hour_start: str
    product_id: str
    category: str
    view_count: int
    cart_count: int
    purchase_count: int
    event_count: int


@dataclass(frozen=True)
class KnownTruth:
    """All of it. `kinds` split the records; `traits` do not: a record may have several of them, or none.

    `settings` are those that the numbers hang on, as a person would set them. Windows that end at or before
    `closed_until` are closed by watermarks alone; None: no window is.
    """

    format: Literal["clickwatch-truth"]
    version: Literal[1]
    origin: Origin
    settings: dict[str, str]
    kinds: dict[str, int]
    traits: dict[str, int]
    breakages: list[BreakageCount]
    closed_until: str | None
    partitions: list[PartitionTruth]
    windows: list[WindowTruth]
    alerts: list[AlertTruth]
    hours: list[HourTruth]
