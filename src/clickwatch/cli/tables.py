"""The tables that several commands show: windows, alerts, and the accounting sheet with its sums worked out."""

from collections import Counter
from collections.abc import Iterable

from rich.table import Table

from clickwatch.cli.output import Column, is_narrow, table
from clickwatch.cli.wording import clock_time
from clickwatch.domain.instant import clock_utc
from clickwatch.serving.rows import Row
from clickwatch.speed.alerts.reading import AlertRow, DeliveryRow
from clickwatch.store.windows import WindowRow

_WINDOW = Column("window (UTC)", "fixed")
_WINDOW_COLUMNS = (
    _WINDOW,
    Column("product_id"),
    Column("category"),
    Column("view_count", "number"),
    Column("purchase_count", "number"),
)
_ALERT_COLUMNS = (
    _WINDOW,
    Column("product_id"),
    Column("category"),
    Column("views", "number"),
    Column("purchases", "number"),
    Column("rate", "number"),
    Column("status", "fixed"),
)
_DELIVERY_COLUMNS = (
    Column("written (UTC)", "fixed"),
    Column("product_id"),
    Column("message", "fixed"),
    Column("handler", "fixed"),
    Column("status", "fixed"),
    Column("tries", "number"),
    Column("outcome"),
)
_ACCOUNT_COLUMNS = (Column("records", "fixed"), Column("count", "number"))


def span(start: int, end: int, without_year: bool = False) -> str:
    """A window as people write it, such as `2026-01-26 07:10–07:20`; the bounds are µs, UTC."""
    text = f"{clock_utc(start)}–{clock_utc(end)[11:]}"
    return text[5:] if without_year else text


def window_table(title: str, rows: Iterable[WindowRow], *, one_line_each: bool = False) -> Table:
    """Window, product, category, views and purchases, in the order given."""
    body = [
        [span(row.window_start, row.window_end), row.product_id, row.category, row.view_count, row.purchase_count]
        for row in rows
    ]
    return table(title, _WINDOW_COLUMNS, body, one_line_each=one_line_each)


def alert_table(title: str, rows: Iterable[AlertRow]) -> Table:
    """Alerts with their window's counts, in the order given; a narrow screen gets the window without its year."""
    short = is_narrow()
    body = [
        [
            span(row.window_start, row.window_end, without_year=short),
            row.product_id,
            row.category,
            row.view_count,
            row.purchase_count,
            "–" if row.conversion_rate is None else f"{row.conversion_rate}%",
            row.status,
        ]
        for row in rows
    ]
    return table(title, _ALERT_COLUMNS, body)


def delivery_table(title: str, rows: Iterable[DeliveryRow]) -> Table:
    """Messages of the outbox in the order given; a narrow screen gets times of day, and no troubles."""
    narrow = is_narrow()
    cut = 11 if narrow else 0
    body = [
        [
            clock_time(row.created_at)[cut:],
            "–" if row.product_id is None else row.product_id,
            row.kind,
            row.handler,
            row.status,
            row.attempts,
            ": ".join(filter(None, (_outcome(row, cut), "" if narrow else row.last_error))),
        ]
        for row in rows
    ]
    return table(title, _DELIVERY_COLUMNS, body)


def delivery_troubles(rows: Iterable[DeliveryRow]) -> list[str]:
    """What was in the way of messages, a line each with how many it concerned: for screens too narrow for a column."""
    found = Counter((row.handler, row.last_error) for row in rows if row.last_error)
    return [f"{handler}: {trouble} ({count:,}×)" for (handler, trouble), count in found.items()]


def _outcome(row: DeliveryRow, cut: int) -> str:
    """When a message arrived, or is tried again."""
    if row.status == "pending" and row.attempts:
        return f"again at {clock_time(row.next_attempt_at)[cut:]}" if row.last_error else "under way"
    if row.status == "delivered" and row.delivered_at is not None:
        return f"at {clock_time(row.delivered_at)[cut:]}"
    return ""


def accounting_table(sheet: Row) -> Table:
    """Every sum of the accounting sheet with its parts below it."""
    body: list[list[object]] = [["received", sheet["received"]], ["  accepted", sheet["accepted"]]]
    body += [["    on time", sheet["on_time"]], ["    late", sheet["late"]]]
    body += [["  duplicate", sheet["duplicate"]], ["  rejected", sheet["rejected"]]]
    body += [[f"    {reason}", count] for reason, count in sheet["reasons"].items()]
    return table("Accounting", _ACCOUNT_COLUMNS, body)


def accounting_sums(sheet: Row) -> tuple[list[str], bool]:
    """The accounting identities worked out, one a line, and whether all of them hold."""
    sums = (
        ("received", ("accepted", "duplicate", "rejected")),
        ("accepted", ("on_time", "late")),
    )
    lines, all_true = [], True
    for whole, parts in sums:
        is_true = sheet[whole] == sum(sheet[part] for part in parts)
        worked = " + ".join(f"{sheet[part]:,} {part.replace('_', ' ')}" for part in parts)
        lines.append(f"{sheet[whole]:,} {whole} = {worked}: {_verdict(is_true)}")
        all_true &= is_true
    if sheet["reasons"]:
        is_true = sheet["rejected"] == sum(sheet["reasons"].values())
        worked = " + ".join(f"{count:,} {reason}" for reason, count in sheet["reasons"].items())
        lines.append(f"{sheet['rejected']:,} rejected = {worked}: {_verdict(is_true)}")
        all_true &= is_true
    return lines, all_true


def _verdict(is_true: bool) -> str:
    return "true" if is_true else "FALSE"
