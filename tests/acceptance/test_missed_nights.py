"""`clickwatch night` without a day, after nights in which nothing ran."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update

from clickwatch.batch.reports.publication import ReportShelf
from clickwatch.domain.day import Day
from clickwatch.domain.window import DAY
from clickwatch.store.schema import batch_views, hour_totals
from clickwatch.wiring.batch import run_day
from clickwatch.wiring.log import wall_clock
from clickwatch.wiring.missed_days import missed_days
from tests.support.commands import CommandServer, Ended
from tests.support.day_homes import clicks, copied, stream
from tests.support.installations import Installation

NOW = wall_clock()
YESTERDAY = Day.of(NOW - DAY)
LAST_DAYS = 5


def ago(days: int) -> Day:
    """The day that was so many before yesterday."""
    return Day.of(YESTERDAY.start - days * DAY)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Events of the last days, and of one long ago; the first of the last days is reported."""
    home = Installation(tmp_path_factory.mktemp("shop") / "home", {"ALERT_HANDLERS": "file", "RETENTION_DAYS": "9999"})
    days = [ago(400), *(ago(number) for number in reversed(range(LAST_DAYS)))]
    home.append({0: b"".join(clicks(seed, day, 20) for seed, day in enumerate(days))})
    stream(home)
    run_day(home.app_settings(), ago(LAST_DAYS - 1))
    return home


@pytest.fixture
def home(original: Installation, tmp_path: Path) -> Installation:
    """A copy of it, to be changed."""
    return copied(original, tmp_path / "copy")


@pytest.fixture
def run(home: Installation, commands: CommandServer) -> Callable[..., Ended]:
    """Runs a night on it."""
    return lambda *arguments: commands.run("night", *arguments, environment=home.environment)


def reported(home: Installation) -> list[Day]:
    return ReportShelf(home.home.reports).days()


def change(home: Installation, day: Day) -> None:
    """Let both layers differ in a day."""
    with_day = (hour_totals.c.hour_start >= day.start) & (hour_totals.c.hour_start < day.end)
    store = home.store()
    with store.begin() as connection:
        connection.execute(update(hour_totals).where(with_day).values(view_count=hour_totals.c.view_count + 1))
    store.close()


def missed(home: Installation, **settings: str) -> list[Day]:
    changed = Installation(home.folder, {**home.settings, **settings})
    return missed_days(changed.app_settings(), YESTERDAY, NOW)


def test_missed_nights_are_made_up_for_the_oldest_first(home: Installation, run: Callable[..., Ended]) -> None:
    done = run()
    assert (done.exit_code, done.errors) == (0, "")
    days = [ago(3), ago(2), ago(1), YESTERDAY]
    lines = done.output.splitlines()
    assert lines[0] == f"Missed before, and done first: {ago(3)}, {ago(2)}, {ago(1)}."
    sent = [line.split(":")[0] for line in lines if ": the summary is sent: " in line]
    assert sent == list(map(str, days))
    assert reported(home) == [ago(4), *days]


def test_a_night_after_that_is_about_yesterday_alone(home: Installation, run: Callable[..., Ended]) -> None:
    run()
    done = run()
    assert (done.exit_code, done.errors) == (0, "")
    assert "Missed" not in done.output and str(ago(1)) not in done.output
    assert f"{YESTERDAY}: the summary was sent before" in done.output


def test_a_day_that_is_named_is_the_only_one(home: Installation, run: Callable[..., Ended]) -> None:
    assert run("--date", str(ago(1))).exit_code == 0
    assert run("--to", str(YESTERDAY)).exit_code == 0
    assert reported(home) == [ago(4), ago(1), YESTERDAY]


def test_a_missed_day_that_fails_keeps_no_other_from_being_done(home: Installation, run: Callable[..., Ended]) -> None:
    change(home, ago(3))
    change(home, ago(1))
    done = run()
    assert done.exit_code == 1
    assert f"clickwatch: the night of {ago(3)} stopped at: clickwatch reconcile" in done.errors
    assert done.errors.splitlines()[-1] == (
        f"clickwatch: {YESTERDAY} is done, and of those before it these are not: {ago(3)}, {ago(1)}. "
        "Look above for why; then run, for each: clickwatch night --date DAY"
    )
    assert [day for day in (ago(2), YESTERDAY) if f"{day}: the summary is sent" in done.output] == [ago(2), YESTERDAY]


def test_a_missed_day_that_could_not_be_reported_is_tried_again_the_next_time(
    home: Installation, run: Callable[..., Ended]
) -> None:
    blocked = home.home.batch / ago(2).compact
    blocked.parent.mkdir(exist_ok=True)
    blocked.write_bytes(b"")
    done = run()
    assert done.exit_code == 1
    assert f"these are not: {ago(2)}." in done.errors
    assert reported(home) == [ago(4), ago(3), ago(1), YESTERDAY]
    blocked.unlink()
    again = run()
    assert (again.exit_code, again.errors) == (0, "")
    assert again.output.startswith(f"Missed before, and done first: {ago(2)}.\n")
    assert reported(home) == [ago(4), ago(3), ago(2), ago(1), YESTERDAY]


def test_yesterday_that_fails_is_told_as_ever(home: Installation, run: Callable[..., Ended]) -> None:
    change(home, YESTERDAY)
    done = run()
    assert done.exit_code == 1
    assert done.errors.splitlines()[-1] == f"clickwatch: the night of {YESTERDAY} stopped at: clickwatch reconcile"
    assert reported(home) == [ago(4), ago(3), ago(2), ago(1), YESTERDAY]


def test_without_any_report_no_day_was_missed(original: Installation, tmp_path: Path) -> None:
    home = original.with_log_of_its_own(tmp_path / "new")
    assert missed(home) == []
    stream(home)
    assert missed(home) == []


def test_a_day_that_was_reported_before_it_was_complete_counts_as_missed(home: Installation) -> None:
    assert missed(home) == [ago(3), ago(2), ago(1)]
    store = home.store()
    with store.begin() as connection:
        connection.execute(update(batch_views).values(is_complete=False))
    store.close()
    assert missed(home) == [ago(4), ago(3), ago(2), ago(1)]


def test_no_day_is_made_up_for_that_is_too_long_ago_or_whose_events_may_be_gone(home: Installation) -> None:
    run_day(home.app_settings(), ago(400))
    assert missed(home) == [*(ago(number) for number in reversed(range(5, 32))), ago(3), ago(2), ago(1)]
    assert missed(home, RETENTION_DAYS="3") == [ago(2), ago(1)]
