"""Retention over a whole installation: what goes, what stays, and that nothing else changes.

`shop` holds a day that ended just now and one that was over for months when it came. With 30 days to keep:

    fresh   ├─ day ─┤ 30 days after its end                 intake does not count
    old     ├─ day ─┤     …     │ intake, 30 days after it
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert

from clickwatch.archive.delta import DeltaArchive
from clickwatch.batch.reports.publication import ReportShelf
from clickwatch.batch.steps import Step
from clickwatch.domain.day import Day
from clickwatch.domain.window import DAY, HOUR, MINUTE
from clickwatch.errors import BatchError
from clickwatch.governance.removal import Removal
from clickwatch.store import batch_views
from clickwatch.store.schema import quarantine, repairs, user_segments, windows
from clickwatch.wiring.batch import run_day, run_step
from clickwatch.wiring.log import wall_clock
from clickwatch.wiring.retention import retention
from tests.support.day_homes import MONDAY, clicks, copied, stream
from tests.support.installations import Installation

KEEP = 30 * DAY
FRESH, OLD = Day.of(wall_clock() - DAY), MONDAY
USER_REPORT = "user_segments_{}.csv"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Both days streamed and reported, with a refused record."""
    home = Installation(tmp_path_factory.mktemp("shop") / "home", {"ALERT_HANDLERS": ""})
    home.append({0: clicks(1, OLD, 300) + clicks(2, FRESH, 200) + b"{not json\n"})
    stream(home)
    for day in (OLD, FRESH):
        run_day(home.app_settings(), day)
    return home


@pytest.fixture
def home(shop: Installation, tmp_path: Path) -> Installation:
    """A copy of the shop, to be changed."""
    return copied(shop, tmp_path / "copy")


def retain(home: Installation, now: int, *, dry_run: bool = False) -> dict[str, Removal]:
    found = retention(home.app_settings(), dry_run=dry_run, on_kind=lambda kind: None, clock=lambda: now)
    return {each.kind: each for each in found}


def gone(found: dict[str, Removal]) -> dict[str, int]:
    assert not [each.problem for each in found.values() if each.problem]
    return {kind: each.count for kind, each in found.items() if each.count}


def archived(home: Installation) -> dict[Day, int]:
    snapshot = DeltaArchive.open(home.home.archive, create=False).snapshot()
    return {Day(day): snapshot.to_arrow(day).num_rows for day in snapshot.days()}


def window_days(home: Installation) -> set[Day]:
    """The days of closed windows; the last ones of the newest day are open still, and stay."""
    return {Day.of(row["window_end"] - 1) for row in home.rows(windows) if row["status"] == "closed"}


def user_days(home: Installation) -> set[Day]:
    store = home.store()
    with store.read() as connection:
        days = {view.view_id: Day.of(view.day_start) for view in batch_views.all_current(connection)}
    store.close()
    return {days[row["view_id"]] for row in home.rows(user_segments)}


def files_of(home: Installation) -> dict[str, bytes]:
    """Every file but the store's log, which readers touch."""
    paths = (path for path in home.folder.rglob("*") if path.is_file() and not path.name.startswith("store.sqlite-"))
    return {str(path.relative_to(home.folder)): path.read_bytes() for path in paths}


def test_nothing_goes_while_its_time_is_not_over(home: Installation) -> None:
    before = home.outcome()
    assert gone(retain(home, FRESH.start + KEEP)) == {}
    assert home.outcome() == before


def test_windows_go_one_by_one_and_their_day_when_all_of_it_is_over(home: Installation) -> None:
    assert set(gone(retain(home, FRESH.start + KEEP + HOUR))) == {"windows"}
    assert set(gone(retain(home, FRESH.end + KEEP - 1))) == {"windows"}
    assert archived(home) == {OLD: 300, FRESH: 200}
    assert user_days(home) == {OLD, FRESH}


def test_a_day_goes_when_it_has_been_over_for_the_time(home: Installation) -> None:
    sums = ReportShelf(home.home.reports).files(FRESH)
    found = retain(home, FRESH.end + KEEP)
    assert archived(home) == {OLD: 300}
    assert window_days(home) == {OLD}
    assert user_days(home) == {OLD}
    assert ReportShelf(home.home.reports).files(FRESH) == {
        name: content for name, content in sums.items() if name != USER_REPORT.format(FRESH.compact)
    }
    assert set(gone(found)) == {"archive", "windows", "reports on users", "user segments"}
    assert found["archive"].days == found["reports on users"].days == found["user segments"].days == (FRESH,)


def test_what_was_old_at_its_intake_is_kept_from_then_on(home: Installation) -> None:
    intake = wall_clock()
    retain(home, intake + KEEP - HOUR)
    assert (archived(home).get(OLD), OLD in window_days(home), OLD in user_days(home)) == (300, True, True)
    found = retain(home, intake + KEEP)
    assert (archived(home), window_days(home), user_days(home)) == ({}, set(), set())
    assert USER_REPORT.format(OLD.compact) not in ReportShelf(home.home.reports).files(OLD)
    assert "event log" in gone(found)


def test_the_log_and_the_refused_records_are_kept_from_their_log_time(home: Installation) -> None:
    assert len(home.rows(quarantine)) == 1
    found = retain(home, wall_clock() + KEEP)
    assert (found["event log"].count, found["refused records"].count) == (1, 1)
    assert home.rows(quarantine) == []
    assert not any(home.records().values())


def test_a_repair_goes_with_the_record_that_was_repaired(home: Installation) -> None:
    [record] = home.rows(quarantine)
    place = {"partition": record["partition"], "offset": record["offset"]}
    store = home.store()
    with store.begin() as connection:
        rows = [{**place, "sha256": "0" * 64, "new_partition": 0, "search_from": 0, "new_offset": 7}]
        connection.execute(insert(repairs), rows)
    store.close()
    retain(home, wall_clock())
    assert len(home.rows(repairs)) == 1
    retain(home, wall_clock() + KEEP)
    assert home.rows(repairs) == []


def test_a_dry_run_says_what_would_go_and_changes_nothing(home: Installation) -> None:
    leave_a_run_unfinished(home, FRESH)
    now = wall_clock() + KEEP + DAY
    before = files_of(home)
    would = retain(home, now, dry_run=True)
    assert files_of(home) == before
    assert retain(home, now) == would
    kinds = ["event log", "archive", "reports on users", "user segments", "refused records", "windows"]
    assert list(would) == [*kinds, "staged results"]
    assert all(each.count for each in would.values())


def test_a_second_run_finds_nothing(home: Installation) -> None:
    now = wall_clock() + KEEP
    retain(home, now)
    assert gone(retain(home, now)) == {}


def leave_a_run_unfinished(home: Installation, day: Day) -> None:
    for step in (Step.CUT, Step.USER_SEGMENTS):
        run_step(home.app_settings(), day, step)


def test_what_steps_have_left_goes_once_nobody_goes_on_with_it(home: Installation) -> None:
    leave_a_run_unfinished(home, FRESH)
    leave_a_run_unfinished(home, OLD)
    (home.home.batch / "notes").mkdir()
    assert retain(home, wall_clock() + HOUR)["staged results"].days == ()
    assert len(list(home.home.batch.iterdir())) == 3
    found = retain(home, wall_clock() + DAY + MINUTE)
    assert found["staged results"].days == (OLD, FRESH)
    assert [path.name for path in home.home.batch.iterdir()] == ["notes"], "what people put here is theirs"


def test_an_open_window_stays_until_it_is_closed(home: Installation) -> None:
    store = home.store()
    with store.begin() as connection:
        connection.execute(windows.update().values(status="open"))
    store.close()
    before = home.rows(windows)
    retain(home, wall_clock() + 2 * KEEP)
    assert home.rows(windows) == before


@pytest.mark.parametrize("later", [1, 400])
def test_users_go_as_soon_as_some_of_their_events_have_gone(home: Installation, later: int) -> None:
    # OLD  ├─ day ─┤   …   │ intake of 300, reported    │ intake of more    │ 30 days after the first, these are kept
    between = wall_clock()
    home.append({0: clicks(9, OLD, later)})
    stream(home)
    assert archived(home)[OLD] == 300 + later
    would = retain(home, between + KEEP, dry_run=True)
    assert retain(home, between + KEEP) == would
    assert archived(home)[OLD] == later
    assert OLD not in user_days(home)
    assert USER_REPORT.format(OLD.compact) not in ReportShelf(home.home.reports).files(OLD)
    with pytest.raises(BatchError, match=f"no longer in the archive: {later} of {300 + later} are left"):
        run_day(home.app_settings(), OLD)


def test_what_is_removed_from_the_store_is_overwritten(home: Installation) -> None:
    [record] = home.rows(quarantine)
    retain(home, wall_clock() + KEEP)
    with closing(sqlite3.connect(home.home.store)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert record["raw"] == b"{not json"
    assert b"{not json" not in home.home.store.read_bytes()


def test_damage_in_the_archive_is_told_and_the_other_data_goes(home: Installation) -> None:
    for entry in (home.home.archive / "_delta_log").iterdir():
        entry.write_bytes(b"\0" * 40)
    found = retain(home, wall_clock() + KEEP)
    assert "archive" in found["archive"].problem
    assert {kind for kind, each in found.items() if each.count} == {"event log", "refused records", "windows"}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Streamed, but nothing was there."""
    home = Installation(tmp_path_factory.mktemp("empty") / "home", {"ALERT_HANDLERS": ""})
    home.append({0: b""})
    stream(home)
    yield home


def test_an_installation_without_data_has_nothing_to_lose(empty: Installation) -> None:
    assert gone(retain(empty, wall_clock() + 2 * KEEP)) == {}
