"""The steps of a day's run, in order; each may be a process of its own."""

from collections.abc import Mapping
from enum import StrEnum

from clickwatch.batch.queries import (
    CONVERSION_RATES,
    DAY_TOTALS,
    PRODUCT_HOURS,
    REVENUE,
    TOP_PRODUCTS,
    TRAFFIC,
    USER_SEGMENTS,
    Query,
)


class Step(StrEnum):
    """What a step is called on the command line."""

    COMPACT = "compact"
    CUT = "cut"
    USER_SEGMENTS = "user-segments"
    TOP_PRODUCTS = "top-products"
    CONVERSION_RATES = "conversion-rates"
    TOTALS = "totals"
    REPORTS = "reports"
    PUBLISH = "publish"


QUERIES_OF: Mapping[Step, tuple[Query, ...]] = {
    Step.USER_SEGMENTS: (USER_SEGMENTS,),
    Step.TOP_PRODUCTS: (TOP_PRODUCTS,),
    Step.CONVERSION_RATES: (CONVERSION_RATES,),
    Step.TOTALS: (PRODUCT_HOURS, DAY_TOTALS, REVENUE, TRAFFIC),
}
"""The figures that a step computes: these steps need nothing of one another, only the cut."""
