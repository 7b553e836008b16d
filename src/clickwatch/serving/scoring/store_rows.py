"""What the store says, as rows by the same keys as the expectations."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Table, func, select

from clickwatch.domain.instant import iso_utc
from clickwatch.serving.merge import Answer
from clickwatch.serving.scoring.expectations import ACCOUNT, COUNTS
from clickwatch.serving.scoring.score import Key, Values
from clickwatch.store import accounting, epochs
from clickwatch.store.schema import alerts as alerts_table
from clickwatch.store.schema import batch_hours, hour_totals, quarantine
from clickwatch.store.windows import list_windows


def windows(connection: Connection) -> dict[Key, Values]:
    """By window and product."""
    return {
        (iso_utc(row.window_start), row.product_id): {
            "window_end": iso_utc(row.window_end),
            "category": row.category,
            "view_count": row.view_count,
            "cart_count": row.cart_count,
            "purchase_count": row.purchase_count,
        }
        for row in list_windows(connection)
    }


def closed_windows(connection: Connection, until: int | None) -> dict[Key, Values]:
    """The windows that end at or before `until` (µs; None: none), with their status."""
    return {
        (iso_utc(row.window_start), row.product_id): {"status": row.status}
        for row in (list_windows(connection) if until is not None else ())
        if until is not None and row.window_end <= until
    }


def alerts(connection: Connection) -> dict[Key, Values]:
    """The alerts that stand, by window, product and rule; withdrawn ones tell what was known once."""
    names = ("window_end", "category", "view_count", "purchase_count")
    return {
        _alert_key(row): {**{name: row[name] for name in names}, "window_end": iso_utc(row["window_end"])}
        for row in _rows(connection, alerts_table)
        if row["status"] != "withdrawn"
    }


def confirmed_alerts(connection: Connection, until: int | None) -> dict[Key, Values]:
    """The alerts that stand of windows that end at or before `until` (µs; None: none), with their status."""
    return {
        _alert_key(row): {"status": row["status"]}
        for row in _rows(connection, alerts_table)
        if row["status"] != "withdrawn" and until is not None and row["window_end"] <= until
    }


def hours(connection: Connection) -> dict[Key, Values]:
    """The speed layer's totals by hour and product."""
    return {_hour_key(row): _counted(row) for row in _rows(connection, hour_totals)}


def batch_view(connection: Connection, view_id: int) -> dict[Key, Values]:
    """What the batch layer has counted of a day, by hour and product."""
    query = select(batch_hours).where(batch_hours.c.view_id == view_id)
    return {_hour_key(row): _counted(row) for row in connection.execute(query).mappings()}


def accounts(connection: Connection) -> dict[Key, Values]:
    """By partition, those that received something; the reasons of refusals with a column each."""
    return {
        (f"partition {part.partition}",): {
            **{name: getattr(part.sheet, name) for name in ACCOUNT},
            **{reason: count for reason, count in part.sheet.reasons.items() if count},
        }
        for part in accounting.sheet(connection)
        if part.sheet.received
    }


def watermarks(connection: Connection) -> dict[Key, Values]:
    """By partition, those of which something was read: where reading ended, and the watermark there."""
    return {
        (f"partition {place.partition}",): {
            "next_offset": place.next_offset,
            "watermark": None if place.watermark is None else iso_utc(place.watermark),
        }
        for place in epochs.progress(connection).values()
        if place.next_offset
    }


def quarantined(connection: Connection) -> dict[Key, Values]:
    """How many records are kept, by partition and reason."""
    place, reason = quarantine.c.partition, quarantine.c.reason
    rows = connection.execute(select(place, reason, func.count()).group_by(place, reason))
    return {(f"partition {row[0]}", row[1]): {"records": row[2]} for row in rows}


def merged(answers: list[Answer]) -> dict[Key, Values]:
    """The answers of both layers together, by hour or day and product."""
    return {
        (iso_utc(row["start"]), row["product_id"]): {name: row[name] for name in ("category", *COUNTS)}
        for row in map(asdict, answers)
    }


def _rows(connection: Connection, table: Table) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(select(table)).mappings()]


def _alert_key(row: dict[str, Any]) -> Key:
    return (iso_utc(row["window_start"]), row["product_id"], row["rule"])


def _hour_key(row: Any) -> Key:
    return (iso_utc(row["hour_start"]), row["product_id"])


def _counted(row: Any) -> Values:
    return {name: row[name] for name in ("category", *COUNTS, "event_count")}
