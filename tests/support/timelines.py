"""Logs for people to read: events by the minute, and the truth about them under round settings."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from clickwatch.domain.alert import AlertThresholds
from clickwatch.domain.reference import LogRecord, Truth, run_reference
from clickwatch.domain.watermark import StreamRules
from clickwatch.domain.window import MINUTE, WindowSpec

MIDNIGHT = datetime(2026, 1, 26, tzinfo=UTC)
RULES = StreamRules(delay=2 * MINUTE, max_future=5 * MINUTE, horizon=15 * MINUTE)
SPEC = WindowSpec(length=10 * MINUTE, slide=5 * MINUTE)


def minute(number: float) -> int:
    """Minutes since midnight as µs since the Unix epoch."""
    return int((MIDNIGHT.timestamp() * 1_000_000) + number * MINUTE)


@dataclass(frozen=True)
class Entry:
    """A record before it has an offset."""

    log_time: int
    raw: bytes


def act(
    at: float,
    product: str = "p",
    event_type: str = "view",
    *,
    logged: float | None = None,
    event_id: str | None = None,
    category: str | None = None,
    user: str = "u",
) -> Entry:
    """An event at a minute, logged at another one (by default the same)."""
    fields = {
        "user_id": user,
        "product_id": product,
        "event_type": event_type,
        "timestamp": (MIDNIGHT + timedelta(minutes=at)).isoformat(),
        "category": category,
        "event_id": event_id,
    }
    return Entry(minute(at if logged is None else logged), json.dumps(fields).encode())


def junk(logged: float = 0, raw: bytes = b"junk") -> Entry:
    """A record that breaks the contract."""
    return Entry(minute(logged), raw)


def partition(entries: Sequence[Entry]) -> list[LogRecord]:
    """Entries as a partition of a log; offsets grow and are not dense."""
    return [LogRecord(100 * place, entry.log_time, entry.raw) for place, entry in enumerate(entries)]


def truth(*partitions: Sequence[Entry], alert: AlertThresholds | None = None) -> Truth:
    """The reference's answer on a log of these partitions; the pseudonym of `u` is `key-u`."""
    log = {number: partition(entries) for number, entries in enumerate(partitions)}
    return run_reference(log, RULES, SPEC, alert or AlertThresholds(), lambda user_id: f"key-{user_id}")


def views(answer: Truth, product: str = "p") -> dict[int, int]:
    """The views of one product by the minute in which the window starts."""
    return {
        (start - minute(0)) // MINUTE: row.view_count
        for (start, product_id), row in sorted(answer.windows.items())
        if product_id == product
    }
