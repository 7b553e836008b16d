"""The view of a day as the rows that the store keeps of it."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Table

from clickwatch.batch.queries import CONVERSION_RATES, PRODUCT_HOURS, TOP_PRODUCTS, USER_SEGMENTS
from clickwatch.batch.results import DayResults
from clickwatch.domain.event import UNKNOWN_CATEGORY
from clickwatch.store.removal import ROWS_AT_ONCE
from clickwatch.store.schema import batch_hours, conversion_rates, top_products, user_segments

_KEY = ["hour_start", "product_id"]


def rows_of_view(results: DayResults, speed: pa.Table) -> Iterator[tuple[Table, pa.Table]]:
    """Each table with some rows for it, at most ROWS_AT_ONCE; `speed` are the speed layer's totals at the cut."""
    whole = (
        (batch_hours, beside(results.of(PRODUCT_HOURS), speed)),
        (user_segments, results.of(USER_SEGMENTS)),
        (top_products, results.of(TOP_PRODUCTS)),
        (conversion_rates, results.of(CONVERSION_RATES)),
    )
    for table, rows in whole:
        for start in range(0, rows.num_rows, ROWS_AT_ONCE):
            yield table, rows.slice(start, ROWS_AT_ONCE)


def beside(batch: pa.Table, speed: pa.Table) -> pa.Table:
    """The counts of both layers per hour and product, those of the speed layer with `cut_` before their names.

    Where only one layer has a row, the other's counts are zero.
    """
    hours = batch.set_column(0, "hour_start", batch["hour_start"].cast(pa.int64()))
    cut = speed.rename_columns([name if name in _KEY else f"cut_{name}" for name in speed.column_names])
    both = hours.join(cut, keys=_KEY, join_type="full outer").combine_chunks()
    columns = {
        name: pc.fill_null(both[name], UNKNOWN_CATEGORY if name.endswith("category") else 0)
        for name in both.column_names
        if name not in _KEY
    }
    return pa.table({name: both[name] for name in _KEY} | columns).sort_by([(name, "ascending") for name in _KEY])
