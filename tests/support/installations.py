"""An installation in a folder of its own: its log, what its store and archive hold, and what they ought to hold."""

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Table, select

from clickwatch.archive.delta import DeltaArchive
from clickwatch.domain.alert import AlertThresholds
from clickwatch.domain.reference import LogRecord, Truth, run_reference
from clickwatch.eventlog.port import EventLog
from clickwatch.intake.pseudonym import Pseudonymiser
from clickwatch.settings import AppSettings, load_settings
from clickwatch.store import schema
from clickwatch.store.database import Store
from clickwatch.wiring.home import Home
from clickwatch.wiring.log_kinds import LogKind, log_for_writing
from clickwatch.wiring.rules import stream_rules, window_spec
from clickwatch.wiring.stores import store_of_home

KEY = "5f1b9d6c2e8a4703916fd3b8c05a7e24" * 2
_NO_FUNCTION_OF_THE_LOG = {"epoch", "added_at"}


@dataclass(frozen=True)
class Outcome:
    """All that is a function of log, settings and key: rows of the store by table, and of the archive."""

    tables: dict[str, list[dict[str, Any]]]
    archive: pa.Table


@dataclass(frozen=True)
class Installation:
    """A home and the settings for it, as the environment of its commands."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    kind: LogKind = LogKind.LOG

    @property
    def environment(self) -> dict[str, str]:
        """What a command needs to work on this home."""
        return {"CLICKWATCH_HOME": str(self.folder), "PSEUDONYM_KEY": KEY, **self.settings}

    @property
    def home(self) -> Home:
        """Where its files are."""
        return Home(self.folder)

    def app_settings(self) -> AppSettings:
        """The settings as its commands read them."""
        return load_settings(**{name.lower(): value for name, value in self.environment.items()})

    def log(self) -> EventLog:
        """The event log, to be closed by the caller."""
        return log_for_writing(self.app_settings(), self.kind, lambda: False)

    def store(self) -> Store:
        """The store as it is, to be closed by the caller."""
        return store_of_home(self.app_settings())

    def append(self, lines: Mapping[int, bytes]) -> None:
        """Append lines to the log's partitions."""
        log = self.log()
        for partition, records in lines.items():
            log.append(partition, records)
        log.close()

    def with_log_of_its_own(self, folder: Path, **changes: str) -> "Installation":
        """A new installation: same log bytes, log times and key, nothing streamed yet."""
        shutil.copytree(self.home.log, Home(folder).log)
        return Installation(folder, {**self.settings, **changes})

    def records(self) -> dict[int, list[LogRecord]]:
        """Every record of the log, by partition."""
        log = self.log()
        records = {partition: _records(log, partition) for partition in range(log.partitions)}
        log.close()
        return records

    def truth(self, until: Mapping[int, int] | None = None) -> Truth:
        """What the reference makes of the log, or of its records before these offsets by partition."""
        settings = self.app_settings()
        alert = AlertThresholds(settings.alert_min_views_threshold, settings.alert_max_purchases_threshold)
        pseudonym = Pseudonymiser(bytes.fromhex(KEY)).user_key
        records = self.records()
        if until is not None:
            records = {p: [r for r in records[p] if r.offset < until.get(p, 0)] for p in records}
        return run_reference(records, stream_rules(settings), window_spec(settings), alert, pseudonym)

    def rows(self, table: Table) -> list[dict[str, Any]]:
        """The rows of a table, in the order of its primary key."""
        store = self.store()
        with store.read() as connection:
            rows = connection.execute(select(table).order_by(*table.primary_key)).mappings()
            found = [{k: v for k, v in row.items() if k not in _NO_FUNCTION_OF_THE_LOG} for row in rows]
        store.close()
        return found

    def archived(self) -> pa.Table:
        """The archive's rows by partition and offset."""
        rows = DeltaArchive.open(self.home.archive, create=False).to_arrow().drop_columns(["epoch"])
        return rows.sort_by([("source_partition", "ascending"), ("source_offset", "ascending")]).combine_chunks()

    def outcome(self) -> Outcome:
        """What came of the log."""
        names = ("windows", "hour_totals", "accounting", "rejections", "quarantine", "progress")
        tables = {name: self.rows(schema.metadata.tables[name]) for name in names}
        return Outcome({**tables, "alerts": self._confirmed()}, self.archived())

    def _confirmed(self) -> list[dict[str, Any]]:
        when = {"opened_at", "changed_at"}
        alerts = [row for row in self.rows(schema.alerts) if row["status"] == "confirmed"]
        return [{k: v for k, v in row.items() if k not in when} for row in alerts]


def assert_same(outcome: Outcome, undisturbed: Outcome) -> None:
    """Two outcomes are equal; the first difference is shown table by table."""
    for name, rows in undisturbed.tables.items():
        assert outcome.tables[name] == rows, name
    assert outcome.archive.equals(undisturbed.archive)


def assert_true(outcome: Outcome, truth: Truth) -> None:
    """An outcome is what the reference says."""
    tables = outcome.tables
    windows = {(row["window_start"], row["product_id"]): _window(row) for row in tables["windows"]}
    assert windows == {
        key: {**asdict(row), "closed": "closed" if row.closed else "open"} for key, row in truth.windows.items()
    }
    totals = {
        (row["hour_start"], row["product_id"]): _counted(row) | {"event_count": row["event_count"]}
        for row in tables["hour_totals"]
    }
    assert totals == {key: asdict(row) for key, row in truth.hour_totals.items()}
    confirmed = {
        (row["rule"], row["product_id"], row["window_start"], row["view_count"], row["purchase_count"])
        for row in tables["alerts"]
    }
    assert confirmed == {tuple(asdict(alert).values()) for alert in truth.confirmed}
    _assert_true_accounts(tables, truth)
    assert {(row["partition"], row["offset"]): row["reason"] for row in tables["quarantine"]} == truth.quarantine
    assert {row["partition"]: row["watermark"] for row in tables["progress"]} == truth.watermarks
    assert _archive_rows(outcome.archive) == [asdict(row) for row in truth.archive]


def _assert_true_accounts(tables: Mapping[str, list[dict[str, Any]]], truth: Truth) -> None:
    counts = ("received", "accepted", "duplicate", "rejected", "on_time", "late")
    found = {row["partition"]: {name: row[name] for name in counts} for row in tables["accounting"]}
    assert found == {
        partition: {name: getattr(account, name) for name in counts} for partition, account in truth.accounts.items()
    }
    reasons = {(row["partition"], row["reason"]): row["records"] for row in tables["rejections"]}
    assert reasons == {(p, reason): n for p, account in truth.accounts.items() for reason, n in account.reasons.items()}


def _records(log: EventLog, partition: int) -> list[LogRecord]:
    offset, end = log.start_offset(partition), log.end_offset(partition)
    records: list[LogRecord] = []
    while offset < end:
        block = log.read(partition, offset, 1 << 20, end)
        times, offsets = block.log_times.tolist(), block.offsets.tolist()
        records.extend(LogRecord(offsets[i], times[i], block.record(i)) for i in range(len(block)))
        offset = block.next_offset
    return records


def _counted(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("category", "view_count", "cart_count", "purchase_count")}


def _window(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"window_end": row["window_end"], **_counted(row), "closed": row["status"]}


def _archive_rows(archive: pa.Table) -> list[dict[str, Any]]:
    micros = pc.cast(archive["event_time"], pa.int64())
    place = archive.schema.get_field_index("event_time")
    rows: list[dict[str, Any]] = archive.set_column(place, "event_time", micros).to_pylist()
    return rows
