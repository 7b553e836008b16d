"""The day in a few figures and short lists, ready for a template: numbers stay numbers, shares are exact."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from clickwatch.batch.queries import (
    CONVERSION_RATES,
    DAY_TOTALS,
    REVENUE,
    TOP_PRODUCTS,
    TRAFFIC,
    USER_SEGMENTS,
)
from clickwatch.batch.results import DayResults
from clickwatch.domain.alert import conversion_rate
from clickwatch.domain.day import Day

SEGMENTS = ("Buyer", "Cart Abandoner", "Window Shopper")
_MOST_CATEGORIES = 20
_HOURS = 24


@dataclass(frozen=True)
class Share:
    """A named count; `share` is its part of a whole, 0 to 1."""

    name: str
    count: int
    share: float


@dataclass(frozen=True)
class TopProduct:
    """`share` is of the most viewed product's views."""

    rank: int
    product_id: str
    category: str
    view_count: int
    share: float


@dataclass(frozen=True)
class Conversion:
    """`rate` in per cent, None without views; `share` is of the greatest rate."""

    category: str
    view_count: int
    purchase_count: int
    rate: Decimal | None
    share: float


@dataclass(frozen=True)
class Hour:
    """Events of an hour of the day, 0 to 23; shares are of the busiest hour's events."""

    hour: int
    view_count: int
    cart_count: int
    purchase_count: int
    view_share: float
    cart_share: float
    purchase_share: float

    @property
    def event_count(self) -> int:
        """The three together."""
        return self.view_count + self.cart_count + self.purchase_count


@dataclass(frozen=True)
class Revenue:
    """What purchases came to; the currency is None where they name none."""

    currency: str | None
    amount: Decimal
    purchase_count: int


@dataclass(frozen=True)
class Summary:
    """Everything that the summaries show. `conversions` holds the most viewed categories of `category_count`."""

    day: Day
    is_complete: bool
    totals: dict[str, int]
    rate: Decimal | None
    revenue: list[Revenue]
    segments: list[Share]
    products: list[TopProduct]
    conversions: list[Conversion]
    category_count: int
    hours: list[Hour]
    busiest: int
    files: tuple[str, ...]


def summarised(results: DayResults, files: tuple[str, ...]) -> Summary:
    """The summary of a day's results; `files` are the names of the other reports."""
    totals: dict[str, int] = results.of(DAY_TOTALS).to_pylist()[0]
    hours = _hours(results.of(TRAFFIC))
    conversions = _conversions(results.of(CONVERSION_RATES))
    return Summary(
        day=results.day,
        is_complete=results.is_complete,
        totals=totals,
        rate=conversion_rate(totals["view_count"], totals["purchase_count"]),
        revenue=[Revenue(row["currency"], row["revenue"], row["purchase_count"]) for row in _rows(results.of(REVENUE))],
        segments=_segments(results.of(USER_SEGMENTS)),
        products=_products(results.of(TOP_PRODUCTS)),
        conversions=conversions,
        category_count=results.of(CONVERSION_RATES).num_rows,
        hours=hours,
        busiest=max(hour.event_count for hour in hours),
        files=files,
    )


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    yield from table.to_pylist()


def _segments(users: pa.Table) -> list[Share]:
    counted = users.group_by("segment").aggregate([([], "count_all")])
    counts = dict(zip(counted["segment"].to_pylist(), counted["count_all"].to_pylist(), strict=True))
    whole = max(users.num_rows, 1)
    return [Share(name, counts.get(name, 0), counts.get(name, 0) / whole) for name in SEGMENTS]


def _products(rows: pa.Table) -> list[TopProduct]:
    most = max(rows["view_count"].to_pylist(), default=1)
    return [TopProduct(**row, share=row["view_count"] / most) for row in _rows(rows)]


def _conversions(rows: pa.Table) -> list[Conversion]:
    order = [("view_count", "descending"), ("purchase_count", "descending"), ("category", "ascending")]
    shown = [
        (row, conversion_rate(row["view_count"], row["purchase_count"]))
        for row in _rows(rows.sort_by(order)[:_MOST_CATEGORIES])
    ]
    greatest = max((rate for _, rate in shown if rate), default=Decimal(1))
    return [Conversion(**row, rate=rate, share=float((rate or Decimal(0)) / greatest)) for row, rate in shown]


def _hours(rows: pa.Table) -> list[Hour]:
    by_hour: dict[int, dict[str, Any]] = {}
    for row in _rows(rows):
        moment: datetime = row.pop("hour_start")
        by_hour[moment.hour] = row
    counts = [by_hour.get(hour, {"view_count": 0, "cart_count": 0, "purchase_count": 0}) for hour in range(_HOURS)]
    most = max(1, *(sum(each.values()) for each in counts))
    return [
        Hour(
            hour,
            **each,
            view_share=each["view_count"] / most,
            cart_share=each["cart_count"] / most,
            purchase_share=each["purchase_count"] / most,
        )
        for hour, each in enumerate(counts)
    ]
