"""Each list of the commands as an iterator of plain rows: names to strings and numbers, ready for JSON."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from clickwatch.domain.day import Day
from clickwatch.domain.instant import iso_utc
from clickwatch.serving.merge import Answer
from clickwatch.store import accounting, quarantine, repairs, segments, windows
from clickwatch.store.quarantine import QuarantinedRecord
from clickwatch.store.repairs import Repair

Row = dict[str, Any]
_PREVIEW_BYTES = 200
_AT_ONCE = 500


def window_rows(connection: Connection, **filters: Any) -> Iterator[Row]:
    """Windows by start and product; filters as `store.windows.list_windows` has them."""
    for row in windows.list_windows(connection, **filters):
        yield {
            "window_start": iso_utc(row.window_start),
            "window_end": iso_utc(row.window_end),
            "product_id": row.product_id,
            "category": row.category,
            "view_count": row.view_count,
            "cart_count": row.cart_count,
            "purchase_count": row.purchase_count,
            "status": row.status,
        }


def total_rows(answers: Iterable[Answer], start: str) -> Iterator[Row]:
    """Totals as they are merged from both layers; `start` names the column of the time that each begins with."""
    for answer in answers:
        yield {
            start: iso_utc(answer.start),
            "product_id": answer.product_id,
            "category": answer.category,
            "view_count": answer.view_count,
            "cart_count": answer.cart_count,
            "purchase_count": answer.purchase_count,
            "status": answer.status,
        }


def segment_rows(connection: Connection, day_start: int, segment: str | None = None) -> Iterator[Row]:
    """The users of the day that begins at `day_start` (µs UTC), by user key."""
    for row in segments.list_rows(connection, day_start, segment=segment):
        yield {
            "day": str(Day.of(row.day_start)),
            "user_key": row.user_key,
            "segment": row.segment,
            "view_count": row.view_count,
            "cart_count": row.cart_count,
            "purchase_count": row.purchase_count,
        }


def accounting_row(connection: Connection) -> Row:
    """The accounting sheet of all partitions together."""
    sheet = accounting.total(connection)
    return {
        "received": sheet.received,
        "accepted": sheet.accepted,
        "duplicate": sheet.duplicate,
        "rejected": sheet.rejected,
        "on_time": sheet.on_time,
        "late": sheet.late,
        "reasons": dict(sorted(sheet.reasons.items())),
    }


def quarantine_rows(connection: Connection, **filters: Any) -> Iterator[Row]:
    """Refused records by place, with the start of their bytes as text; filters as `quarantine.list_records` has them.

    `repair` is `begun`, `repaired`, or None; `repaired_by` the place of the record that stands in for the refused one.
    """
    found = quarantine.list_records(connection, **filters)
    while some := list(islice(found, _AT_ONCE)):
        known = repairs.of(connection, [record.place for record in some])
        yield from (_quarantine_row(record, known.get(record.place)) for record in some)


def repair_columns(repair: Repair | None) -> Row:
    """`repair` and `repaired_by` of a refused record, as `quarantine_rows` has them."""
    new_place = repair.new_place if repair else None
    return {
        "repair": None if repair is None else "begun" if new_place is None else "repaired",
        "repaired_by": None if new_place is None else str(new_place),
    }


def _quarantine_row(record: QuarantinedRecord, repair: Repair | None) -> Row:
    return {
        "place": str(record.place),
        "partition": record.partition,
        "offset": record.offset,
        "log_time": iso_utc(record.log_time),
        "reason": record.reason,
        "length": record.length,
        "sha256": record.sha256,
        **repair_columns(repair),
        "record": record.raw[:_PREVIEW_BYTES].decode("utf-8", "backslashreplace"),
    }
