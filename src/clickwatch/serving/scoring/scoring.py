"""All scores of an installation: the account, the windows, the alerts, the totals, and both layers."""

from collections.abc import Iterator

import pyarrow as pa
from sqlalchemy import Connection

from clickwatch.domain.day import Day
from clickwatch.domain.known_truth import KnownTruth
from clickwatch.serving.merge import Period, by_day, by_hour
from clickwatch.serving.reconciliation import compared, differences
from clickwatch.serving.scoring import archive_rows, expectations, store_rows
from clickwatch.serving.scoring.score import Score, not_run, of_number, of_rows
from clickwatch.store import accounting, batch_views, epochs

_NUMBERS = ("received", "accepted", "on_time", "late", "duplicate", "rejected")


def scores(connection: Connection, archive: pa.Table, truth: KnownTruth) -> Iterator[Score]:
    """Every score, in reading order. `archive` has the columns that `archive_rows` needs, and all epochs."""
    yield from _account(connection, truth)
    yield of_rows("accounts of partitions", expectations.accounts(truth), store_rows.accounts(connection))
    yield of_rows("watermarks of partitions", expectations.watermarks(truth), store_rows.watermarks(connection))
    yield of_rows(
        "quarantine: by partition and reason", expectations.quarantine(truth), store_rows.quarantined(connection)
    )
    yield from _windows(connection, truth)
    yield from _totals(connection, truth)
    yield from _archive(archive, truth)
    for day in expectations.reported_days(truth):
        yield from _batch(connection, truth, day)


def _account(connection: Connection, truth: KnownTruth) -> Iterator[Score]:
    sheet = accounting.total(connection)
    for name in _NUMBERS:
        yield of_number(name.replace("_", " "), expectations.total(truth, name), getattr(sheet, name))
    expected = expectations.reasons(truth)
    for reason in sorted(expected.keys() | sheet.reasons.keys()):
        yield of_number(f"rejected: {reason}", expected.get(reason, 0), sheet.reasons.get(reason, 0))


def _windows(connection: Connection, truth: KnownTruth) -> Iterator[Score]:
    until = expectations.closed_until(truth)
    yield of_rows("windows", expectations.windows(truth), store_rows.windows(connection))
    closed = store_rows.closed_windows(connection, until)
    yield of_rows("windows that are closed", expectations.closed_windows(truth), closed)
    yield of_rows("alerts", expectations.alerts(truth), store_rows.alerts(connection))
    confirmed = store_rows.confirmed_alerts(connection, until)
    yield of_rows("alerts that are confirmed", expectations.confirmed_alerts(truth), confirmed)


def _totals(connection: Connection, truth: KnownTruth) -> Iterator[Score]:
    yield of_rows(
        "totals by hour, speed layer", expectations.hours(truth, with_events=True), store_rows.hours(connection)
    )
    hours, days = list(by_hour(connection, Period())), list(by_day(connection, Period()))
    yield of_rows("totals by hour, merged", expectations.hours(truth, with_events=False), store_rows.merged(hours))
    yield of_rows("totals by day, merged", expectations.days(truth), store_rows.merged(days))


def _archive(archive: pa.Table, truth: KnownTruth) -> Iterator[Score]:
    accepted = expectations.total(truth, "accepted")
    yield of_number("archive: events", accepted, archive_rows.events(archive))
    yield of_number("archive: places in the log", accepted, archive_rows.places(archive))
    yield of_number("archive: late events", expectations.total(truth, "late"), archive_rows.late(archive))
    yield of_rows("archive: totals by hour", expectations.hours(truth, with_events=True), archive_rows.hours(archive))


def _batch(connection: Connection, truth: KnownTruth, day: Day) -> Iterator[Score]:
    expected = expectations.hours(truth, with_events=True, day=day)
    view = batch_views.current(connection, day.start)
    what = f"batch layer: {day}"
    if view is None or view.cut < epochs.last_epoch(connection):
        yield not_run(what, len(expected), f"clickwatch batch --date {day}")
        return
    yield of_rows(what, expected, store_rows.batch_view(connection, view.view_id))
    rows = compared(connection, day.start)
    agreeing = rows - sum(1 for _ in differences(connection, day.start))
    yield of_number(f"both layers agree: {day}", rows, agreeing)
