"""The figures of a day: each is one SQL file beside this module, with the columns that it gives.

The files read one table, `events`: the accepted events of the day, with ARCHIVE_COLUMNS. They keep to what DuckDB and
Spark both speak and mean the same by; every order has a tie-break.
"""

from dataclasses import dataclass
from functools import cached_property
from importlib import resources

import pyarrow as pa

_INTEGER, _TEXT = pa.int64(), pa.string()
_MOMENT = pa.timestamp("us", tz="UTC")
_COUNTS = {"view_count": _INTEGER, "cart_count": _INTEGER, "purchase_count": _INTEGER}
MONEY = pa.decimal128(38, 4)


@dataclass(frozen=True)
class Query:
    """One figure: `columns` in order, whatever types an engine itself gives."""

    name: str
    columns: pa.Schema

    @cached_property
    def sql(self) -> str:
        """The text of its file."""
        return resources.files(__name__).joinpath(f"{self.name}.sql").read_text("utf-8")


USER_SEGMENTS = Query("user_segments", pa.schema({"user_key": _TEXT, "segment": _TEXT, **_COUNTS}))
TOP_PRODUCTS = Query(
    "top_products", pa.schema({"rank": _INTEGER, "product_id": _TEXT, "category": _TEXT, "view_count": _INTEGER})
)
CONVERSION_RATES = Query(
    "conversion_rates", pa.schema({"category": _TEXT, "view_count": _INTEGER, "purchase_count": _INTEGER})
)
PRODUCT_HOURS = Query(
    "product_hours",
    pa.schema({"hour_start": _MOMENT, "product_id": _TEXT, "category": _TEXT, **_COUNTS, "event_count": _INTEGER}),
)
DAY_TOTALS = Query(
    "day_totals",
    pa.schema(
        {
            "event_count": _INTEGER,
            "late_count": _INTEGER,
            "user_count": _INTEGER,
            "view_count": _INTEGER,
            "cart_count": _INTEGER,
            "removal_count": _INTEGER,
            "purchase_count": _INTEGER,
        }
    ),
)
REVENUE = Query("revenue", pa.schema({"currency": _TEXT, "revenue": MONEY, "purchase_count": _INTEGER}))
TRAFFIC = Query("traffic", pa.schema({"hour_start": _MOMENT, **_COUNTS}))

QUERIES = (USER_SEGMENTS, TOP_PRODUCTS, CONVERSION_RATES, PRODUCT_HOURS, DAY_TOTALS, REVENUE, TRAFFIC)
