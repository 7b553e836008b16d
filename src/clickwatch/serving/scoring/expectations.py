"""What the truth expects, as rows by key; the keys begin with a time as text, so that they sort and read well."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import TypeVar

from clickwatch.domain.day import Day
from clickwatch.domain.instant import iso_utc, micros_of
from clickwatch.domain.known_truth import AlertTruth, HourTruth, KnownTruth, PartitionTruth, WindowTruth
from clickwatch.domain.window import DAY
from clickwatch.errors import TruthError
from clickwatch.serving.scoring.score import Key, Values

COUNTS = ("view_count", "cart_count", "purchase_count")
ACCOUNT = ("received", "accepted", "duplicate", "rejected", "on_time", "late")
_Row = TypeVar("_Row", AlertTruth, HourTruth, PartitionTruth, WindowTruth)


def keyed(rows: Iterable[_Row], key: Callable[[_Row], Key], names: Iterable[str]) -> dict[Key, Values]:
    """Some columns of rows by their key. Raises TruthError if two rows have the same."""
    chosen = tuple(names)
    found: dict[Key, Values] = {}
    for row in rows:
        if key(row) in found:
            raise TruthError(f"The truth file names {key(row)} twice", "Use it as it was made, unchanged")
        found[key(row)] = {name: getattr(row, name) for name in chosen}
    return found


def windows(truth: KnownTruth) -> dict[Key, Values]:
    """By window and product."""
    names = ("window_end", "category", *COUNTS)
    return keyed(truth.windows, lambda row: (row.window_start, row.product_id), names)


def closed_windows(truth: KnownTruth) -> dict[Key, Values]:
    """The windows that are closed for sure, by window and product."""
    return {
        (row.window_start, row.product_id): {"status": "closed"}
        for row in truth.windows
        if _is_closed(truth, row.window_end)
    }


def alerts(truth: KnownTruth) -> dict[Key, Values]:
    """By window, product and rule."""
    names = ("window_end", "category", "view_count", "purchase_count")
    return keyed(truth.alerts, lambda row: (row.window_start, row.product_id, row.rule), names)


def confirmed_alerts(truth: KnownTruth) -> dict[Key, Values]:
    """The alerts of windows that are closed for sure, by window, product and rule."""
    return {
        (row.window_start, row.product_id, row.rule): {"status": "confirmed"}
        for row in truth.alerts
        if _is_closed(truth, row.window_end)
    }


def closed_until(truth: KnownTruth) -> int | None:
    """How far windows are closed by watermarks alone, in µs; None: none is."""
    return None if truth.closed_until is None else micros_of(truth.closed_until)


def _is_closed(truth: KnownTruth, window_end: str) -> bool:
    until = closed_until(truth)
    return until is not None and micros_of(window_end) <= until


def hours(truth: KnownTruth, *, with_events: bool, day: Day | None = None) -> dict[Key, Values]:
    """By hour and product, of one day or of all; `with_events`: with the count of events of all types."""
    names = ("category", *COUNTS, *(["event_count"] if with_events else []))
    chosen = (row for row in truth.hours if day is None or day.start <= micros_of(row.hour_start) < day.end)
    return keyed(chosen, lambda row: (row.hour_start, row.product_id), names)


def days(truth: KnownTruth) -> dict[Key, Values]:
    """By day and product; the category is that of the latest hour that has one."""
    found: dict[Key, dict[str, int | str | None]] = {}
    for row in sorted(truth.hours, key=lambda row: row.hour_start):
        key = (iso_utc(_day_start(row)), row.product_id)
        sums = found.setdefault(key, {"category": "unknown", **dict.fromkeys(COUNTS, 0)})
        for name in COUNTS:
            sums[name] = int(sums[name] or 0) + getattr(row, name)
        if row.category != "unknown":
            sums["category"] = row.category
    return dict(found)


def reported_days(truth: KnownTruth) -> list[Day]:
    """The days that the truth has events of."""
    return [Day.of(start) for start in sorted({_day_start(row) for row in truth.hours})]


def accounts(truth: KnownTruth) -> dict[Key, Values]:
    """By partition, those that received something; the reasons of refusals with a column each."""
    return {
        (f"partition {row.partition}",): {
            **{name: getattr(row, name) for name in ACCOUNT},
            **{reason: count for reason, count in row.reasons.items() if count},
        }
        for row in truth.partitions
        if row.received
    }


def watermarks(truth: KnownTruth) -> dict[Key, Values]:
    """By partition, those that received something: where reading ended, and the watermark there."""
    return {
        (f"partition {row.partition}",): {"next_offset": row.bytes, "watermark": row.watermark}
        for row in truth.partitions
        if row.received
    }


def quarantine(truth: KnownTruth) -> dict[Key, Values]:
    """By partition and reason."""
    return {
        (f"partition {row.partition}", reason): {"records": count}
        for row in truth.partitions
        for reason, count in row.reasons.items()
        if count
    }


def total(truth: KnownTruth, name: str) -> int:
    """One number of the account, of all partitions together."""
    return sum(int(asdict(row)[name]) for row in truth.partitions)


def reasons(truth: KnownTruth) -> Mapping[str, int]:
    """All refusals by reason."""
    found: dict[str, int] = {}
    for row in truth.partitions:
        for reason, count in row.reasons.items():
            found[reason] = found.get(reason, 0) + count
    return found


def _day_start(row: HourTruth) -> int:
    return micros_of(row.hour_start) // DAY * DAY
