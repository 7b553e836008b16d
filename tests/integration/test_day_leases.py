"""The right to a day: who was killed on another machine is followed soon, and who lost the right changes nothing."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import update

from clickwatch.batch.reports.publication import ReportShelf
from clickwatch.batch.steps import Step
from clickwatch.domain.day import Day
from clickwatch.domain.window import HOUR, MINUTE
from clickwatch.errors import BatchError, SecondPipeline
from clickwatch.governance.user_rows import UserRows
from clickwatch.store import batch_views, leases
from clickwatch.store.kept_turns import Fence
from clickwatch.store.schema import leases as lease_rows
from clickwatch.wiring.archive import upkeep_turn
from clickwatch.wiring.batch import run_day, run_step
from clickwatch.wiring.day_turns import run_of
from clickwatch.wiring.log import wall_clock
from tests.support.commands import CommandServer
from tests.support.day_homes import MONDAY, clicks, copied, expected_tables, stream
from tests.support.installations import Installation

LEASE = "day 20260126"
ELSEWHERE = "worker-7:its-machine:its-boot:4026531836:77:12345"
# What Airflow waits at the least before the second, third, fourth and last try; the figures are the DAG's.
TRIES_AFTER = [MINUTE, 3 * MINUTE, 7 * MINUTE, 15 * MINUTE]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A Monday, streamed."""
    home = Installation(tmp_path_factory.mktemp("shop") / "home", {"ALERT_HANDLERS": "", "RETENTION_DAYS": "9999"})
    home.append({0: clicks(1, MONDAY, 300)})
    stream(home)
    return home


@pytest.fixture
def home(shop: Installation, tmp_path: Path) -> Installation:
    """A copy of it, to be changed."""
    return copied(shop, tmp_path / "copy")


def reports(home: Installation) -> dict[str, bytes]:
    return ReportShelf(home.home.reports).files(MONDAY)


def age(home: Installation, by: int, holder: str = ELSEWHERE) -> None:
    """Let all leases be of another machine, and so much older."""
    store = home.store()
    with store.begin() as connection:
        connection.execute(update(lease_rows).values(holder=holder, expires_at=lease_rows.c.expires_at - by))
    store.close()


class Thief:
    """Takes the lease of the day away before a step, as somebody does who held its holder for dead."""

    def __init__(self, home: Installation, at: str) -> None:
        self._home = home
        self._at = at

    def __call__(self, step: str) -> None:
        if step != self._at:
            return
        store = self._home.store()
        with store.begin() as connection:
            leases.acquire(connection, LEASE, "somebody else", wall_clock(), HOUR, lambda holder: True)
        store.close()


def succeeds(home: Installation) -> bool:
    """Whether a run of the day gets its turn."""
    try:
        run_day(home.app_settings(), MONDAY)
    except BatchError as error:
        assert "Another run of 2026-01-26 is under way" in str(error)
        return False
    return True


def test_a_run_that_was_killed_on_another_machine_is_made_up_for_by_the_second_try_again(
    home: Installation, commands: CommandServer
) -> None:
    faulty = ("tests.support.faulty_batch", home.environment)
    killed = commands.start(str(MONDAY), str(Step.REPORTS), "1", module=faulty[0], environment=faulty[1]).end()
    assert killed.exit_code == -signal.SIGKILL
    passed, outcomes = 0, []
    for after in TRIES_AFTER:
        age(home, after - passed)
        passed = after
        outcomes.append(succeeds(home))
    assert outcomes == [False, True, True, True]
    expected = expected_tables(home, MONDAY)
    assert {name: reports(home)[name] for name in expected} == expected


def test_who_compacts_on_another_machine_and_is_killed_is_not_waited_for_longer_than_a_task_is_patient(
    home: Installation,
) -> None:
    store = home.store()
    with upkeep_turn(store), store.read() as connection:
        left = leases.holder(connection, "archive upkeep", wall_clock() + 2 * MINUTE, lambda holder: False)
    store.close()
    assert left is None


@pytest.mark.parametrize("at", [Step.PUBLISH, "reports published", "draft begun", "rows added"])
def test_a_run_that_lost_its_turn_changes_nothing_from_then_on(at: str, home: Installation) -> None:
    with pytest.raises(SecondPipeline, match="taken over the lease day 20260126"):
        run_day(home.app_settings(), MONDAY, Thief(home, at))
    assert bool(reports(home)) == (at != Step.PUBLISH)
    store = home.store()
    with store.read() as connection:
        assert batch_views.current(connection, MONDAY.start) is None
        assert len(batch_views.of_day(connection, MONDAY.start)) == (at in ("draft begun", "rows added"))
    store.close()


def test_a_step_that_lost_its_turn_publishes_nothing(home: Installation) -> None:
    for step in Step:
        if step is not Step.PUBLISH:
            run_step(home.app_settings(), MONDAY, step)
    with pytest.raises(SecondPipeline, match="taken over"):
        run_step(home.app_settings(), MONDAY, Step.PUBLISH, Thief(home, Step.PUBLISH))
    assert reports(home) == {}


def test_retention_that_lost_its_turn_leaves_the_reports_as_they_are(home: Installation) -> None:
    run_day(home.app_settings(), MONDAY)
    before, store = reports(home), home.store()

    @contextmanager
    def lost(day: Day) -> Iterator[Fence]:
        with run_of(store, day) as fence:
            Thief(home, "now")("now")
            yield fence

    with pytest.raises(SecondPipeline, match="taken over"):
        UserRows(ReportShelf(home.home.reports), store, lost).remove([MONDAY], dry_run=False)
    store.close()
    assert reports(home) == before
