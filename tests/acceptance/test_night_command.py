"""`clickwatch night` and `clickwatch wait` as operators run them."""

from collections import Counter
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from clickwatch.batch.reports.publication import ReportShelf
from clickwatch.batch.steps import Step
from clickwatch.cli.night import PARTS
from clickwatch.domain.day import Day
from clickwatch.domain.window import DAY
from clickwatch.store.schema import batch_hours, hour_totals
from clickwatch.wiring.batch import run_day
from clickwatch.wiring.log import wall_clock
from clickwatch.wiring.night import TASKS
from tests.support.commands import CommandServer, Ended
from tests.support.day_homes import MONDAY, TUESDAY, clicks, copied, stream
from tests.support.installations import Installation

YESTERDAY = Day.of(wall_clock() - DAY)
TOMORROW = Day.of(wall_clock() + DAY)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A Monday and a Tuesday long ago, and yesterday; all of them streamed."""
    home = Installation(tmp_path_factory.mktemp("shop") / "home", {"ALERT_HANDLERS": "file", "RETENTION_DAYS": "9999"})
    home.append({0: clicks(1, MONDAY, 200) + clicks(2, TUESDAY, 20, last=60) + clicks(3, YESTERDAY, 30)})
    stream(home)
    return home


@pytest.fixture
def home(original: Installation, tmp_path: Path) -> Installation:
    """A copy of it, to be changed."""
    return copied(original, tmp_path / "copy")


@pytest.fixture
def run(home: Installation, commands: CommandServer) -> Callable[..., Ended]:
    """Runs a command on it."""
    return lambda *arguments: commands.run(*arguments, environment=home.environment)


def reports(home: Installation, day: Day = MONDAY) -> dict[str, bytes]:
    return ReportShelf(home.home.reports).files(day)


def without_views(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "view_id"} for row in rows]


def test_the_tasks_of_the_table_are_all_steps_of_the_batch_and_the_parts_of_the_night() -> None:
    assert [word for task in TASKS for word in task.words if word in set(Step)] == list(Step)
    assert [command for command, _ in groupby(TASKS, key=lambda task: task.words[0])] == list(PARTS)
    known = [task.name for task in TASKS]
    assert max(Counter(known).values()) == 1
    for number, task in enumerate(TASKS):
        assert set(task.after) <= set(known[:number]), "what has to be done before stands before"


def test_a_night_does_everything_in_order_and_tells_it(home: Installation, run: Callable[..., Ended]) -> None:
    done = run("night", "--date", str(MONDAY))
    assert (done.exit_code, done.errors) == (0, "")
    told = [line for line in done.output.splitlines() if not line.startswith("  ")]
    beginnings = (
        "2026-01-26 is complete.",
        "2026-01-26: 200 events, reported in ",
        "2026-01-26: both layers agree in ",
        "Nothing is older than 9,999 days.",
        "2026-01-26: the summary is sent: file ",
    )
    assert len(told) == len(beginnings)
    assert all(line.startswith(begin) for line, begin in zip(told, beginnings, strict=True))
    assert not list(home.home.batch.iterdir())


def test_a_night_makes_the_reports_that_the_batch_makes_and_again_changes_nothing(
    home: Installation, run: Callable[..., Ended], tmp_path: Path
) -> None:
    plain = copied(home, tmp_path / "plain")
    run_day(plain.app_settings(), MONDAY)
    for _ in range(2):
        assert run("night", "--date", str(MONDAY)).exit_code == 0
        assert reports(home) == reports(plain)
    assert len(home.home.alerts.read_bytes().splitlines()) == 1


def test_without_a_date_the_night_is_about_yesterday(home: Installation, run: Callable[..., Ended]) -> None:
    done = run("night")
    assert done.exit_code == 0, done.errors
    assert f"{YESTERDAY}: 30 events, reported in " in done.output
    assert len(reports(home, YESTERDAY)) == 5


def test_missed_nights_are_made_up_for_one_after_the_other(home: Installation, run: Callable[..., Ended]) -> None:
    done = run("night", "--date", str(MONDAY), "--to", str(TUESDAY))
    assert done.exit_code == 0, done.errors
    assert [line for line in done.output.splitlines() if "is sent" in line][1].startswith("2026-01-27")
    assert reports(home, TUESDAY) and reports(home, MONDAY)


@pytest.mark.parametrize("command", ["night", "wait", "batch"])
@pytest.mark.parametrize(
    ("day", "says"),
    [
        ("yesterday; rm -rf /", "is no date: write YYYY-MM-DD"),
        ("2026-02-30", "2026-02-30 is not in the calendar"),
        (str(TOMORROW), f"{TOMORROW} has not begun (days are UTC). Choose today or a day before it."),
        (
            "2026-01-25",
            "2026-01-25 was before the first event, which is of 2026-01-26. Choose 2026-01-26 or a day",
        ),
    ],
)
def test_a_day_that_there_is_not_is_a_wrong_argument(
    command: str, day: str, says: str, home: Installation, run: Callable[..., Ended]
) -> None:
    done = run(command, "--date", day)
    assert (done.exit_code, done.output) == (2, "")
    assert says in " ".join(done.errors.replace("│", " ").split())
    assert not home.home.reports.exists()


def test_wait_says_that_a_day_is_complete(run: Callable[..., Ended]) -> None:
    done = run("wait", "--date", str(MONDAY), "--for", "1s")
    assert (done.exit_code, done.output, done.errors) == (0, "2026-01-26 is complete.\n", "")


def test_a_night_of_a_day_that_is_not_complete_ends_in_time_and_reports_nothing(
    home: Installation, run: Callable[..., Ended]
) -> None:
    home.append({0: clicks(4, YESTERDAY, 3, first=1439)})
    done = run("night", "--for", "1s")
    assert (done.exit_code, done.output) == (1, "")
    assert done.errors == (
        f"clickwatch: {YESTERDAY} is not complete after 1s: not all of partition 0 is processed, and no stream is "
        "running. Start one: clickwatch stream; then run this again.\n"
    )
    assert not home.home.reports.exists()


@pytest.mark.parametrize("longest", ["soon", "-1h"])
def test_a_time_to_wait_that_is_none_is_named(longest: str, run: Callable[..., Ended]) -> None:
    done = run("night", "--for", longest)
    assert done.exit_code == 2 and "is not a duration" in " ".join(done.errors.replace("│", " ").split())


def test_a_night_stops_where_something_is_wrong_and_says_where(home: Installation, run: Callable[..., Ended]) -> None:
    store = home.store()
    with store.begin() as connection:
        connection.execute(update(hour_totals).values(view_count=hour_totals.c.view_count + 1))
    store.close()
    done = run("night", "--date", str(MONDAY))
    assert done.exit_code == 1
    assert "2026-01-26: the layers DIFFER" in done.output and "Nothing is older" not in done.output
    cure, where = done.errors.splitlines()
    assert cure.startswith("clickwatch: Run the day again: clickwatch batch --date 2026-01-26. ")
    assert where == "clickwatch: the night of 2026-01-26 stopped at: clickwatch reconcile"
    assert not home.home.alerts.exists()


def test_two_nights_of_one_day_at_once_double_nothing(
    home: Installation, commands: CommandServer, tmp_path: Path
) -> None:
    plain = copied(home, tmp_path / "plain")
    run_day(plain.app_settings(), MONDAY)
    both = [commands.start("night", "--date", str(MONDAY), environment=home.environment) for _ in range(2)]
    ended = [each.end() for each in both]
    assert 0 in [each.exit_code for each in ended]
    for each in ended:
        assert each.exit_code == 0 or "Another run of 2026-01-26 is under way" in each.errors, each.errors
    assert reports(home) == reports(plain)
    assert without_views(home.rows(batch_hours)) == without_views(plain.rows(batch_hours))
    assert len(home.home.alerts.read_bytes().splitlines()) == 1
