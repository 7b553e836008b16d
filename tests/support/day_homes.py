"""Homes whose days are run: events of a few days, some of them late, and what their reports have to be."""

import json
import shutil
import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from clickwatch.domain.day import Day
from clickwatch.domain.reference import ArchiveRow
from clickwatch.serving.merge import Answer, Period, by_hour
from clickwatch.wiring.pipeline import run_stream
from tests.support import day_truth
from tests.support.installations import Installation

SUNDAY, MONDAY, TUESDAY = Day.parse("2026-01-25"), Day.parse("2026-01-26"), Day.parse("2026-01-27")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def click(day: Day, minute: float, **fields: Any) -> bytes:
    """An event at a minute of a day, as a line of the log."""
    at = _EPOCH + timedelta(microseconds=day.start + round(minute * 60_000_000))
    event = {"user_id": "u", "product_id": "p", "event_type": "view", "timestamp": at.isoformat(), **fields}
    return json.dumps(event).encode() + b"\n"


def clicks(seed: int, day: Day, count: int, *, first: float = 0, last: float = 1440) -> bytes:
    """Events of a day in order of time, between two of its minutes."""
    random = Random(seed)
    minutes = sorted(random.uniform(first, last - 0.001) for _ in range(count))
    return b"".join(_click(random, day, minute, f"{seed}-{number}") for number, minute in enumerate(minutes))


def _click(random: Random, day: Day, minute: float, event_id: str) -> bytes:
    event_type = random.choice(["view"] * 7 + ["add_to_cart", "remove_from_cart", "purchase"])
    fields: dict[str, Any] = {
        "user_id": f"USER_{random.randrange(40)}",
        "product_id": f"PROD_{random.randrange(12):03}",
        "event_type": event_type,
        "category": random.choice([None, "tvs", "toys", "größe", "=cmd"]),
        "event_id": event_id,
    }
    if event_type == "purchase":
        fields |= {"price": random.randrange(99999) / 100, "currency": random.choice(["EUR", "USD"]), "quantity": 2}
    return click(day, minute, **fields)


def stream(home: Installation) -> None:
    """Stream what is on the log, in this process."""
    run_stream(home.app_settings(), threading.Event(), until_caught_up=True)


def copied(home: Installation, folder: Path) -> Installation:
    """The same installation once more, with all that is in it."""
    shutil.copytree(home.folder, folder, symlinks=True)
    return Installation(folder, home.settings)


def expected_tables(home: Installation, day: Day) -> dict[str, bytes]:
    """What the tables of a day have to be, by file name: computed from the log without clickwatch's batch."""
    return day_truth.reports(events_of(home.truth().archive, day), str(day))


def events_of(rows: Iterable[ArchiveRow], day: Day) -> list[dict[str, Any]]:
    """The accepted events of a day."""
    return [
        {
            **{name: getattr(row, name) for name in ("user_key", "product_id", "category", "quantity", "price")},
            "event_type": row.event_type.value,
            "event_time": _EPOCH + timedelta(microseconds=row.event_time),
            "currency": row.currency,
        }
        for row in rows
        if day.start <= row.event_time < day.end
    ]


def answers(home: Installation, period: Period | None = None) -> list[Answer]:
    """What the merge says by hour."""
    store = home.store()
    with store.read() as connection:
        found = list(by_hour(connection, period or Period()))
    store.close()
    return found
