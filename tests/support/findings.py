"""What a home holds after a stream, in the words of the reference, and table by table."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Table, select

from clickwatch.archive.delta import DeltaArchive
from clickwatch.domain.event import EventType
from clickwatch.domain.reference import Account, ArchiveRow, ConfirmedAlert, HourTotal, Truth, WindowRow
from clickwatch.store import accounting, epochs, quarantine, schema, totals, windows
from clickwatch.store.database import Store
from clickwatch.store.opening import open_store
from clickwatch.store.sqlite.file import SqliteFile
from clickwatch.wiring.home import Home

_WHEN = {"epoch", "added_at", "opened_at", "changed_at"}
"""Columns that say when something became known: no function of the log."""


def found(home: Home, partitions: int) -> Truth:
    """All that the store and the archive say, as the reference would say it."""
    store = open_store(SqliteFile(home.store), create=False)
    try:
        with store.read() as c:
            return _found(c, range(partitions), archived(home))
    finally:
        store.close()


def assert_says(home: Home, partitions: int, truth: Truth) -> None:
    """What store and archive say is the truth; the first difference is shown by its kind."""
    answer = found(home, partitions)
    assert answer.accounts == truth.accounts
    assert answer.quarantine == truth.quarantine
    assert answer.watermarks == truth.watermarks
    assert answer.windows == truth.windows
    assert answer.confirmed == truth.confirmed
    assert answer.hour_totals == truth.hour_totals
    assert answer.archive == truth.archive


def archived(home: Home) -> list[dict[str, Any]]:
    """The rows of the archive with all columns, by partition and offset."""
    rows: list[dict[str, Any]] = DeltaArchive.open(home.archive, create=False).to_arrow().to_pylist()
    return sorted(rows, key=lambda row: (row["source_partition"], row["source_offset"]))


def settled_rows(home: Home) -> dict[str, list[dict[str, Any]]]:
    """All rows of the store that are a function of the log alone, by table."""
    store = open_store(SqliteFile(home.store), create=False)
    try:
        return {table.name: _rows(store, table) for table in _FUNCTIONS_OF_THE_LOG}
    finally:
        store.close()


_FUNCTIONS_OF_THE_LOG = (
    schema.windows,
    schema.hour_totals,
    schema.accounting,
    schema.rejections,
    schema.quarantine,
    schema.progress,
)


def _rows(store: Store, table: Table) -> list[dict[str, Any]]:
    columns = [column for column in table.columns if column.name not in _WHEN]
    with store.read() as c:
        return [dict(row) for row in c.execute(select(*columns).order_by(*table.primary_key)).mappings()]


def _found(c: Connection, partitions: range, rows: list[dict[str, Any]]) -> Truth:
    progress = epochs.progress(c)
    return Truth(
        windows={(row.window_start, row.product_id): _window(row) for row in windows.list_windows(c)},
        confirmed=_confirmed(c),
        accounts=_accounts(c, partitions),
        archive=[_archive_row(row) for row in rows],
        quarantine={(record.partition, record.offset): record.reason for record in quarantine.list_records(c)},
        hour_totals={(row.hour_start, row.product_id): _hour_total(row) for row in totals.list_totals(c)},
        watermarks={p: progress[p].watermark if p in progress else None for p in partitions},
    )


def _window(row: windows.WindowRow) -> WindowRow:
    return WindowRow(
        row.window_end, row.category, row.view_count, row.cart_count, row.purchase_count, row.status == windows.CLOSED
    )


def _hour_total(row: totals.HourTotal) -> HourTotal:
    return HourTotal(row.category, row.view_count, row.cart_count, row.purchase_count, row.event_count)


def _confirmed(c: Connection) -> frozenset[ConfirmedAlert]:
    alerts = schema.alerts
    columns = [alerts.c[name] for name in ("rule", "product_id", "window_start", "view_count", "purchase_count")]
    return frozenset(ConfirmedAlert(*row) for row in c.execute(select(*columns).where(alerts.c.status == "confirmed")))


def _accounts(c: Connection, partitions: range) -> dict[int, Account]:
    sheets = {part.partition: part.sheet for part in accounting.sheet(c)}
    nothing = accounting.AccountingSheet()
    assert set(sheets) <= set(partitions)
    return {p: _account(sheets.get(p, nothing)) for p in partitions}


def _account(sheet: accounting.AccountingSheet) -> Account:
    return Account(**{**asdict(sheet), "reasons": Counter(sheet.reasons)})


def _archive_row(row: dict[str, Any]) -> ArchiveRow:
    values = {**row, "event_type": EventType(row["event_type"]), "event_time": _micros(row["event_time"])}
    return ArchiveRow(**{name: values[name] for name in ArchiveRow.__dataclass_fields__})


def _micros(moment: Any) -> int:
    return int(moment.timestamp()) * 1_000_000 + int(moment.microsecond)
