"""A day's run from the archive to the reports: what it says, what it refuses, and that it can be run again."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from clickwatch.archive.delta import DeltaArchive
from clickwatch.batch.reports.publication import ReportShelf
from clickwatch.batch.run import FIGURES
from clickwatch.batch.steps import Step
from clickwatch.domain.day import Day
from clickwatch.domain.window import DAY
from clickwatch.errors import ArchiveError, BatchError, NoSuchDay, StoreError
from clickwatch.serving.reconciliation import compared, differences
from clickwatch.store import batch_views, epochs, leases, segments
from clickwatch.store.database import Store
from clickwatch.store.holder import this_process
from clickwatch.wiring.batch import run_day, run_step
from clickwatch.wiring.day_turns import run_of
from clickwatch.wiring.log import wall_clock
from tests.support import day_truth
from tests.support.commands import CommandServer
from tests.support.day_homes import MONDAY, SUNDAY, TUESDAY, click, clicks, copied, events_of, expected_tables, stream
from tests.support.installations import Installation

SLOW_ARCHIVE = {"ARCHIVE_MAX_ROWS": "1000000", "ARCHIVE_MAX_DELAY": "1h", "ALERT_HANDLERS": ""}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Three days, streamed; Monday has events that came on Tuesday."""
    home = Installation(tmp_path_factory.mktemp("shop") / "home", {"ALERT_HANDLERS": ""})
    home.append({0: clicks(1, SUNDAY, 40, first=1200) + clicks(2, MONDAY, 900)})
    home.append({0: clicks(3, TUESDAY, 60, last=60) + clicks(4, MONDAY, 30) + clicks(5, TUESDAY, 20, first=60)})
    stream(home)
    return home


@pytest.fixture
def home(shop: Installation, tmp_path: Path) -> Installation:
    """A copy of the shop, to be changed."""
    return copied(shop, tmp_path / "copy")


def reports(home: Installation, day: Day = MONDAY) -> dict[str, bytes]:
    return ReportShelf(home.home.reports).files(day)


@contextmanager
def store_of(home: Installation) -> Iterator[Store]:
    store = home.store()
    yield store
    store.close()


def test_the_tables_are_what_plain_python_makes_of_the_log(home: Installation) -> None:
    outcome = run_day(home.app_settings(), MONDAY)
    expected = expected_tables(home, MONDAY)
    found = reports(home)
    assert {name: found[name] for name in expected} == expected
    assert (outcome.event_count, outcome.is_complete) == (930, True)
    assert set(outcome.files) == set(found)
    assert set(found) == {*expected, "daily_summary_20260126.txt", "daily_summary_20260126.html"}


def test_the_summary_has_the_revenue_of_each_currency(home: Installation) -> None:
    run_day(home.app_settings(), MONDAY)
    text = reports(home)["daily_summary_20260126.txt"].decode()
    revenue = day_truth.revenue(events_of(home.truth().archive, MONDAY))
    assert set(revenue) == {"EUR", "USD"}
    for currency, amount in revenue.items():
        assert f"{amount:,.2f}   {currency}" in text


def test_the_view_in_the_store_says_the_same_as_the_files(home: Installation) -> None:
    run_day(home.app_settings(), MONDAY)
    expected = day_truth.user_segments(events_of(home.truth().archive, MONDAY))
    with store_of(home) as store, store.read() as connection:
        rows = segments.list_rows(connection, MONDAY.start)
        assert [[r.user_key, r.segment, r.view_count, r.cart_count, r.purchase_count] for r in rows] == expected


def test_both_layers_agree_at_the_cut(home: Installation) -> None:
    run_day(home.app_settings(), MONDAY)
    with store_of(home) as store, store.read() as connection:
        assert list(differences(connection, MONDAY.start)) == []
        assert compared(connection, MONDAY.start) > 200


def test_a_day_run_twice_has_the_same_bytes(home: Installation) -> None:
    run_day(home.app_settings(), MONDAY)
    first = reports(home)
    run_day(home.app_settings(), MONDAY)
    assert reports(home) == first
    assert not list(home.home.batch.iterdir()), "nothing about users stays between the steps of a whole run"


def test_a_past_day_can_be_run_when_later_ones_have_been(home: Installation) -> None:
    for day in (TUESDAY, MONDAY, SUNDAY):
        run_day(home.app_settings(), day)
    for day in (SUNDAY, MONDAY, TUESDAY):
        expected = expected_tables(home, day)
        assert {name: reports(home, day)[name] for name in expected} == expected


def test_the_steps_one_by_one_make_what_the_whole_run_makes(home: Installation, tmp_path: Path) -> None:
    other = copied(home, tmp_path / "other")
    run_day(home.app_settings(), MONDAY)
    for step in Step:
        run_step(other.app_settings(), MONDAY, step)
    assert reports(other) == reports(home)
    with store_of(other) as store, store.read() as connection:
        assert batch_views.current(connection, MONDAY.start) is not None


def test_a_step_before_its_time_says_what_to_run(home: Installation) -> None:
    for step in (Step.USER_SEGMENTS, Step.REPORTS, Step.PUBLISH):
        with pytest.raises(BatchError, match="No run of 2026-01-26 was begun"):
            run_step(home.app_settings(), MONDAY, step)
    run_step(home.app_settings(), MONDAY, Step.CUT)
    with pytest.raises(BatchError, match="user_segments of 2026-01-26 were not computed yet"):
        run_step(home.app_settings(), MONDAY, Step.REPORTS)
    assert reports(home) == {}


def test_a_day_without_events_has_reports_with_their_headers(home: Installation) -> None:
    empty = Day.parse("2026-01-28")
    outcome = run_day(home.app_settings(), empty)
    found = reports(home, empty)
    assert outcome.event_count == 0
    assert {name: found[name] for name in found if name.endswith(".csv")} == day_truth.reports([], "2026-01-28")
    assert b"No events on this day" in found["daily_summary_20260128.txt"]


def test_a_day_that_has_not_begun_is_refused(home: Installation) -> None:
    tomorrow = Day.of(wall_clock() + DAY)
    with pytest.raises(NoSuchDay, match=f"{tomorrow} has not begun"):
        run_day(home.app_settings(), tomorrow)
    assert reports(home, tomorrow) == {}


def test_a_day_before_the_first_event_is_refused(home: Installation) -> None:
    before = Day.parse("2026-01-24")
    with pytest.raises(NoSuchDay, match="2026-01-24 was before the first event, which is of 2026-01-25"):
        run_day(home.app_settings(), before)
    assert reports(home, before) == {}


def test_a_home_that_nothing_was_streamed_in_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="clickwatch stream"):
        run_day(Installation(tmp_path / "new").app_settings(), MONDAY)


def test_what_is_on_the_log_and_not_streamed_makes_the_day_provisional(home: Installation) -> None:
    home.append({0: click(MONDAY, 1439.9)})
    outcome = run_day(home.app_settings(), TUESDAY)
    assert not outcome.is_complete, "Tuesday's watermark is within Tuesday, and a record waits"
    assert run_day(home.app_settings(), MONDAY).is_complete, "Monday's is past: the record is late, if it is Monday's"


def test_what_a_dead_stream_left_un_archived_is_archived_first(tmp_path: Path, commands: CommandServer) -> None:
    home = Installation(tmp_path / "home", {**SLOW_ARCHIVE, "EPOCH_MAX_BYTES": "2000"})
    home.append({0: clicks(1, MONDAY, 50)})
    died = commands.start("handed over", "4", module="tests.support.faulty_stream", environment=home.environment).end()
    assert died.exit_code == -signal.SIGKILL, died.errors
    assert DeltaArchive.open(home.home.archive, create=False).last_epoch() == 0
    outcome = run_day(home.app_settings(), MONDAY)
    assert 0 < outcome.event_count < 50
    assert not outcome.is_complete, "the rest of the log waits for the stream"
    with store_of(home) as store, store.read() as connection:
        assert batch_views.current(connection, MONDAY.start) == batch_views.BatchView(1, MONDAY.start, 4, False)
        assert list(differences(connection, MONDAY.start)) == []
    stream(home)
    assert run_day(home.app_settings(), MONDAY).event_count == 50


def damaged(home: Installation, day: Day) -> Path:
    """Change one bit in the middle of a file of the day."""
    path = DeltaArchive.open(home.home.archive, create=False).files(day.date)[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    return path


def test_a_damaged_file_is_named_and_nothing_is_published(home: Installation) -> None:
    path = damaged(home, MONDAY)
    with pytest.raises(ArchiveError, match=f"{path.name} is damaged"):
        run_day(home.app_settings(), MONDAY)
    assert reports(home) == {}
    with store_of(home) as store, store.read() as connection:
        assert batch_views.current(connection, MONDAY.start) is None


def test_reports_that_were_there_stay_when_the_archive_is_damaged(home: Installation) -> None:
    run_day(home.app_settings(), MONDAY)
    before = reports(home)
    home.append({0: click(MONDAY, 300, event_id="late")})
    stream(home)
    path = damaged(home, MONDAY)
    with pytest.raises(ArchiveError, match=f"{path.name} is damaged"):
        run_day(home.app_settings(), MONDAY)
    assert reports(home) == before


def test_a_file_that_is_missing_is_named(home: Installation) -> None:
    path = DeltaArchive.open(home.home.archive, create=False).files(MONDAY.date)[0]
    path.unlink()
    with pytest.raises(ArchiveError, match=path.name):
        run_day(home.app_settings(), MONDAY)
    assert reports(home) == {}


def test_damage_in_one_day_leaves_the_others_alone(home: Installation) -> None:
    damaged(home, SUNDAY)
    assert run_day(home.app_settings(), MONDAY).event_count == 930


def test_a_day_whose_events_are_gone_is_refused_and_its_reports_stay(home: Installation) -> None:
    run_day(home.app_settings(), MONDAY)
    before = reports(home)
    archive = DeltaArchive.open(home.home.archive, create=False, now=lambda: wall_clock() + 400 * DAY)
    archive.expire(30 * DAY)
    with pytest.raises(BatchError, match="events of 2026-01-26 are no longer in the archive"):
        run_day(home.app_settings(), MONDAY)
    assert reports(home) == before


def test_a_run_of_a_day_that_is_being_run_is_refused_and_other_days_are_not(home: Installation) -> None:
    with store_of(home) as store, store.begin() as connection:
        leases.acquire(connection, "day 20260126", this_process(), wall_clock(), DAY, lambda holder: False)
    with pytest.raises(BatchError, match="Another run of 2026-01-26 is under way"):
        run_day(home.app_settings(), MONDAY)
    assert reports(home) == {}
    assert run_day(home.app_settings(), TUESDAY).event_count == 80


@pytest.mark.parametrize("step", [step for step in Step if step not in FIGURES])
def test_a_step_that_changes_what_a_whole_run_changes_is_refused_meanwhile(step: Step, home: Installation) -> None:
    run_step(home.app_settings(), MONDAY, Step.CUT)
    with store_of(home) as store, run_of(store, MONDAY):
        with pytest.raises(BatchError, match="Another run of 2026-01-26 is under way"):
            run_step(home.app_settings(), MONDAY, step)
        run_step(home.app_settings(), MONDAY, Step.TOTALS)


def test_a_step_that_is_run_again_does_no_harm(home: Installation) -> None:
    for step in Step:
        run_step(home.app_settings(), MONDAY, step)
        run_step(home.app_settings(), MONDAY, step)
    expected = expected_tables(home, MONDAY)
    assert {name: reports(home)[name] for name in expected} == expected


def test_compaction_takes_in_what_came_last(tmp_path: Path) -> None:
    home = Installation(tmp_path / "home", {"ALERT_HANDLERS": "", "ARCHIVE_MAX_ROWS": "1"})
    for seed in range(4):
        home.append({0: clicks(seed, MONDAY, 20)})
        stream(home)
    archive = DeltaArchive.open(home.home.archive, create=False)
    before = len(archive.files(MONDAY.date))
    run_step(home.app_settings(), MONDAY, Step.COMPACT)
    assert len(archive.files(MONDAY.date)) < before


def test_a_running_stream_archives_its_tail_for_the_batch(tmp_path: Path, commands: CommandServer) -> None:
    home = Installation(tmp_path / "home", SLOW_ARCHIVE)
    home.append({0: clicks(1, MONDAY, 50)})
    running = commands.start("stream", "--quiet", environment=home.environment)
    try:
        wait_for_epoch(home)
        done = commands.run("batch", "--date", "2026-01-26", environment=home.environment)
    finally:
        running.send(signal.SIGINT)
        ended = running.end()
    assert ended.exit_code == 0, ended.errors
    assert "50 events" in done.output
    expected = expected_tables(home, MONDAY)
    assert {name: reports(home)[name] for name in expected} == expected


def wait_for_epoch(home: Installation, seconds: float = 60) -> None:
    """Until a running stream has committed its first epoch."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if home.home.store.exists():
            with suppress(StoreError), store_of(home) as store, store.read() as connection:
                if epochs.last_epoch(connection):
                    return
        time.sleep(0.05)
    raise AssertionError("the stream has committed nothing")
