"""What accepted events add to windows and totals: Spark's `window()` over the events of an epoch."""

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F

from clickwatch.domain.event import UNKNOWN_CATEGORY, EventType
from clickwatch.domain.window import WindowSpec
from clickwatch.speed.effects import Deltas

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_KEY = ("source_partition", "start", "product_id")
_INTEGER = pa.int64()
COUNTED = pa.schema(
    [
        pa.field("is_window", pa.bool_()),
        pa.field("source_partition", pa.int32()),
        pa.field("start", _INTEGER),
        pa.field("product_id", pa.string()),
        pa.field("category", pa.string()),
        pa.field("category_time", _INTEGER),
        pa.field("view_count", _INTEGER),
        pa.field("cart_count", _INTEGER),
        pa.field("purchase_count", _INTEGER),
        pa.field("event_count", _INTEGER),
    ]
)
"""Counts of a window or an hour, its `start` in µs, by product and log partition."""


def counted(accepted: "DataFrame", spec: WindowSpec) -> "DataFrame":
    """The counts of all windows and hours that accepted events (EVENT_COLUMNS and `mark`) fall into, as COUNTED."""
    hours = accepted.withColumn("start", F.date_trunc("hour", "event_time")).withColumn("is_window", F.lit(False))
    return _summed(_placed(accepted, spec)).unionByName(_summed(hours))


def _placed(accepted: "DataFrame", spec: WindowSpec) -> "DataFrame":
    """A row per event and window that had not ended at the event's own position in the log."""
    window = F.window("event_time", f"{spec.length} microseconds", f"{spec.slide} microseconds")
    return (
        accepted.withColumn("window", window)
        .where(F.unix_micros("window.end") > F.col("mark"))
        .withColumn("start", F.col("window.start"))
        .withColumn("is_window", F.lit(True))
    )


def _summed(events: "DataFrame") -> "DataFrame":
    """Counts by start and product; the category is the newest known one (ties: the greatest string)."""
    known = F.col("category") != UNKNOWN_CATEGORY
    newest = F.max(F.when(known, F.struct(F.unix_micros("event_time").alias("time"), "category")))
    return (
        events.groupBy("is_window", *_KEY)
        .agg(
            newest.alias("newest"),
            _events(EventType.VIEW).alias("view_count"),
            _events(EventType.ADD_TO_CART).alias("cart_count"),
            _events(EventType.PURCHASE).alias("purchase_count"),
            F.count("*").alias("event_count"),
        )
        .withColumn("start", F.unix_micros("start"))
        .withColumn("category", F.coalesce("newest.category", F.lit(UNKNOWN_CATEGORY)))
        .withColumn("category_time", F.col("newest.time"))
        .select(*COUNTED.names)
    )


def _events(kind: EventType) -> "Column":
    return F.count_if(F.col("event_type") == kind.value)


def deltas_of(rows: pa.Table, spec: WindowSpec) -> Deltas:
    """One partition's rows of COUNTED, as they are added to the store."""
    rows = rows.sort_by([("start", "ascending"), ("product_id", "ascending")])
    counts = ["category", "category_time", "view_count", "cart_count", "purchase_count"]
    windows = rows.filter(rows["is_window"]).select(["start", "product_id", *counts])
    windows = windows.rename_columns(["window_start", "product_id", *counts])
    ends = pc.add(windows["window_start"], spec.length)
    hours = rows.filter(pc.invert(rows["is_window"])).select(["start", "product_id", *counts, "event_count"])
    hours = hours.rename_columns(["hour_start", "product_id", *counts, "event_count"])
    return Deltas(windows.append_column("window_end", ends), hours)
