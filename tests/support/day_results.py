"""Results of a day as they leave the queries, for reports to be made of."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from clickwatch.batch.queries import (
    CONVERSION_RATES,
    DAY_TOTALS,
    PRODUCT_HOURS,
    QUERIES,
    REVENUE,
    TOP_PRODUCTS,
    TRAFFIC,
    USER_SEGMENTS,
    Query,
)
from clickwatch.batch.results import DayResults
from clickwatch.domain.day import Day

Rows = Sequence[Sequence[Any]]
DAY = Day.parse("2026-01-26")
MIDNIGHT = datetime(2026, 1, 26, tzinfo=UTC)
HOSTILE = (
    '=HYPERLINK("https://evil.example","win")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}",
    'a,b;c"d',
    "\u202egnp.exe",
    "日本語の商品",
    "é\u0301" + "x" * 125,
)
"""Product ids that the contract lets in (no control characters, at most 128 characters) and that mean harm."""


def results(rows: Mapping[str, Rows] | None = None, *, is_complete: bool = True, day: Day = DAY) -> DayResults:
    """A day's results with the rows that are given, by query name; figures without any are empty."""
    given: dict[str, Rows] = {DAY_TOTALS.name: [[0] * len(DAY_TOTALS.columns)], **(rows or {})}
    return DayResults(day, is_complete, {query.name: _table(query, given.get(query.name, ())) for query in QUERIES})


def busy_day(
    products: Sequence[str] = ("PROD_001", "PROD_002"), categories: Sequence[str] = ("tvs", "toys")
) -> dict[str, Rows]:
    """Rows of a day on which something happened, about these products and categories."""
    return {
        USER_SEGMENTS.name: [
            ["k1", "Buyer", 9, 2, 1],
            ["k2", "Cart Abandoner", 5, 1, 0],
            ["k3", "Window Shopper", 40, 0, 0],
            ["k4", "Window Shopper", 1200, 0, 0],
        ],
        TOP_PRODUCTS.name: [
            [rank, product, categories[rank % len(categories)], 1000 - rank]
            for rank, product in enumerate(products[:5], 1)
        ],
        CONVERSION_RATES.name: [[category, 200 + n, 3 + n] for n, category in enumerate(sorted(categories))],
        PRODUCT_HOURS.name: [
            [MIDNIGHT + timedelta(hours=7), product, categories[0], 10, 1, 1, 12] for product in sorted(products)
        ],
        DAY_TOTALS.name: [[1269, 12, 4, 1254, 3, 11, 1]],
        REVENUE.name: [
            ["EUR", Decimal("1234.5000"), 3],
            ["JPY", Decimal("99999999999.9999"), 1],
            [None, Decimal(5), 1],
        ],
        TRAFFIC.name: [
            [MIDNIGHT + timedelta(hours=0), 4, 0, 0],
            [MIDNIGHT + timedelta(hours=7), 1000, 3, 1],
            [MIDNIGHT + timedelta(hours=23), 250, 0, 0],
        ],
    }


def _table(query: Query, rows: Rows) -> pa.Table:
    columns = [[row[place] for row in rows] for place in range(len(query.columns))]
    return pa.table(columns, schema=query.columns)
