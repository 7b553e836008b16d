"""What the windows of a REES46 file have to be: plain Python on the words of the documentation, nothing of clickwatch.

Windows of 10 minutes every 5 minutes, a watermark 2 minutes behind the newest event; an event counts in each of
its windows that had not ended when it came.
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

LENGTH, SLIDE, DELAY = timedelta(minutes=10), timedelta(minutes=5), timedelta(minutes=2)
COUNT_OF = {"view": "view_count", "cart": "cart_count", "remove_from_cart": "removed", "purchase": "purchase_count"}
TYPE_OF = {"cart": "add_to_cart"}
LONG_AGO = datetime.min.replace(tzinfo=UTC)


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """The rows that have as many columns as the header; a broken one costs its own first line only."""
    lines = path.read_text("utf-8").splitlines(keepends=True)
    header = lines[0].strip().split(",")
    at = 1
    while at < len(lines):
        for upto in range(at + 1, min(at + 10, len(lines)) + 1):
            try:
                [row] = list(csv.reader(["".join(lines[at:upto]).removesuffix("\n")], strict=True)) or [[]]
            except csv.Error as error:
                if "unexpected end" in str(error):
                    continue
                break
            if len(row) == len(header):
                yield dict(zip(header, row, strict=True))
                at = upto - 1
            break
        at += 1


def is_number(text: str) -> bool:
    """Whether a price can be read."""
    try:
        return float(text or 0) >= 0
    except ValueError:
        return False


def events_of(path: Path) -> Iterator[tuple[datetime, dict[str, str]]]:
    """The rows that are events, with their times."""
    for row in rows_of(path):
        try:
            moment = datetime.strptime(row["event_time"], "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
        except ValueError:
            continue
        if row["user_id"] and row["product_id"] and is_number(row["price"]) and row["event_type"] in COUNT_OF:
            yield moment, row


def day_events(path: Path, day: str, user_key: Callable[[str], str]) -> list[dict[str, Any]]:
    """The events of a UTC day, late ones included, as `day_truth` takes them."""
    return [
        {
            "user_key": user_key(row["user_id"]),
            "product_id": row["product_id"],
            "event_type": TYPE_OF.get(row["event_type"], row["event_type"]),
            "event_time": moment,
            "category": row["category_code"].split(".")[0] or "unknown",
            "price": Decimal(row["price"]) if row["price"] else None,
            "quantity": 1,
            "currency": None,
        }
        for moment, row in events_of(path)
        if f"{moment:%Y-%m-%d}" == day
    ]


def windows_of(path: Path) -> tuple[list[dict[str, Any]], int]:
    """The rows of `clickwatch windows --json` without their status, and how many events were late."""
    counts: dict[tuple[datetime, str], dict[str, int]] = defaultdict(
        lambda: {"view_count": 0, "cart_count": 0, "purchase_count": 0, "removed": 0}
    )
    categories: dict[tuple[datetime, str], tuple[datetime, str]] = {}
    watermark, late = LONG_AGO, 0
    for moment, row in events_of(path):
        start = moment - timedelta(seconds=moment.timestamp() % SLIDE.total_seconds())
        open_starts = [s for s in (start, start - SLIDE) if s + LENGTH > watermark]
        late += len(open_starts) < 2
        for key in [(s, row["product_id"]) for s in open_starts]:
            counts[key][COUNT_OF[row["event_type"]]] += 1
            category = row["category_code"].split(".")[0]
            if category:
                categories[key] = max(categories.get(key, (LONG_AGO, "")), (moment, category))
        watermark = max(watermark, moment - DELAY)
    return [
        {
            "window_start": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "window_end": f"{start + LENGTH:%Y-%m-%dT%H:%M:%SZ}",
            "product_id": product,
            "category": categories.get((start, product), (start, "unknown"))[1],
            **{name: count for name, count in counts[start, product].items() if name != "removed"},
        }
        for start, product in sorted(counts)
    ], late
