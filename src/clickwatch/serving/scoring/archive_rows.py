"""What the archive's rows say, counted without the speed layer and without the batch layer's queries."""

import pyarrow as pa
import pyarrow.compute as pc

from clickwatch.domain.event import UNKNOWN_CATEGORY, EventType
from clickwatch.domain.instant import iso_utc
from clickwatch.domain.window import HOUR
from clickwatch.serving.scoring.score import Key, Values

COLUMNS = ("product_id", "event_type", "event_time", "category", "is_late", "source_partition", "source_offset")
"""The columns of the archive that are needed here."""

_COUNTED = {
    "view_count": EventType.VIEW,
    "cart_count": EventType.ADD_TO_CART,
    "purchase_count": EventType.PURCHASE,
}


def events(archive: pa.Table) -> int:
    """How many rows there are."""
    return int(archive.num_rows)


def places(archive: pa.Table) -> int:
    """How many places of the log the rows come from: as many as there are rows, or a record is there twice."""
    found: pa.Table = archive.group_by(["source_partition", "source_offset"]).aggregate([])
    return int(found.num_rows)


def late(archive: pa.Table) -> int:
    """How many rows were late."""
    return int(pc.sum(archive["is_late"]).as_py() or 0)


def hours(archive: pa.Table) -> dict[Key, Values]:
    """By hour and product."""
    micros = pc.cast(archive["event_time"], pa.int64())
    columns = {
        "hour": pc.multiply(pc.divide(micros, HOUR), HOUR),
        "product_id": archive["product_id"],
        "micros": micros,
        "category": archive["category"],
        **{name: pc.equal(archive["event_type"], kind.value).cast(pa.int64()) for name, kind in _COUNTED.items()},
    }
    table = pa.table(columns)
    categories = _categories(table)
    sums = table.group_by(["hour", "product_id"]).aggregate([*((name, "sum") for name in _COUNTED), ([], "count_all")])
    return {
        (iso_utc(row["hour"]), row["product_id"]): {
            "category": categories.get((row["hour"], row["product_id"]), UNKNOWN_CATEGORY),
            **{name: row[f"{name}_sum"] for name in _COUNTED},
            "event_count": row["count_all"],
        }
        for row in sums.to_pylist()
    }


def _categories(table: pa.Table) -> dict[tuple[int, str], str]:
    """By hour and product that of the newest event that has one; of several the last by code point."""
    known = table.filter(pc.not_equal(table["category"], UNKNOWN_CATEGORY))
    ordered = known.sort_by([("micros", "ascending"), ("category", "ascending")])
    last = ordered.group_by(["hour", "product_id"], use_threads=False).aggregate([("category", "last")])
    return {(row["hour"], row["product_id"]): row["category_last"] for row in last.to_pylist()}
