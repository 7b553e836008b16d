"""What the reports of a day have to be: plain Python on the words of the documentation, nothing of clickwatch.

`events` are dictionaries with user_key, product_id, event_type, event_time (datetime, UTC), category, quantity, price
(Decimal or None) and currency.
"""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Event = Mapping[str, Any]
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def reports(events: Sequence[Event], day: str) -> dict[str, bytes]:
    """The three tables by file name."""
    compact = day.replace("-", "")
    return {
        f"user_segments_{compact}.csv": _csv(
            ["user_key", "segment", "view_count", "cart_count", "purchase_count"], user_segments(events)
        ),
        f"top_products_{compact}.csv": _csv(["rank", "product_id", "category", "view_count"], top_products(events)),
        f"conversion_rates_{compact}.csv": _csv(
            ["category", "view_count", "purchase_count", "conversion_rate"], conversion_rates(events)
        ),
    }


def user_segments(events: Iterable[Event]) -> list[list[Any]]:
    """One row per user, by user key."""
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for event in events:
        kinds[event["user_key"]][event["event_type"]] += 1
    rows = []
    for user in sorted(kinds):
        counts = kinds[user]
        segment = "Window Shopper"
        if counts["purchase"]:
            segment = "Buyer"
        elif counts["add_to_cart"]:
            segment = "Cart Abandoner"
        rows.append([user, segment, counts["view"], counts["add_to_cart"], counts["purchase"]])
    return rows


def top_products(events: Sequence[Event]) -> list[list[Any]]:
    """The five most viewed; ties by the product's code points."""
    views = Counter(event["product_id"] for event in events if event["event_type"] == "view")
    best = sorted(views, key=lambda product: (-views[product], product.encode()))[:5]
    return [[rank, product, newest_category(events, product), views[product]] for rank, product in enumerate(best, 1)]


def newest_category(events: Iterable[Event], product: str) -> str:
    """That of the newest event that has one; of several at that time the greatest."""
    known = [
        (event["event_time"], event["category"].encode())
        for event in events
        if event["product_id"] == product and event["category"] != "unknown"
    ]
    return max(known)[1].decode() if known else "unknown"


def conversion_rates(events: Iterable[Event]) -> list[list[Any]]:
    """Purchases per view and category in per cent, half-up; empty without views."""
    views: Counter[str] = Counter()
    purchases: Counter[str] = Counter()
    for event in events:
        views[event["category"]] += event["event_type"] == "view"
        purchases[event["category"]] += event["event_type"] == "purchase"
    return [
        [category, views[category], purchases[category], rate(views[category], purchases[category])]
        for category in sorted(views, key=str.encode)
    ]


def rate(views: int, purchases: int) -> str:
    """The conversion rate as it is written."""
    if not views:
        return ""
    return str((Decimal(purchases) * 100 / views).quantize(Decimal("0.01"), ROUND_HALF_UP))


def revenue(events: Iterable[Event]) -> dict[str | None, Decimal]:
    """Price x quantity of the purchases that say both, per currency."""
    sums: dict[str | None, Decimal] = defaultdict(Decimal)
    for event in events:
        if event["event_type"] == "purchase" and event["price"] is not None:
            sums[event["currency"]] += event["price"] * event["quantity"]
    return dict(sums)


def _csv(head: list[str], rows: list[list[Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([[_harmless(cell) for cell in row] for row in rows])
    return text.getvalue().encode()


def _harmless(cell: Any) -> Any:
    return "'" + cell if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
