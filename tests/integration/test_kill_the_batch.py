"""The batch, killed between any two durable steps and at any instant: the old reports or the new ones, never halves."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from clickwatch.batch.reports.publication import ReportShelf
from clickwatch.batch.steps import Step
from clickwatch.serving.merge import PROVISIONAL, Answer
from clickwatch.store import batch_views, segments
from clickwatch.store.segments import SegmentRow
from clickwatch.wiring.batch import run_day
from tests.support.commands import CommandServer
from tests.support.day_homes import MONDAY, TUESDAY, answers, clicks, copied, stream
from tests.support.installations import Installation
from tests.support.proof import proof_scale

KILLS = 24
DAY = str(MONDAY)
PUBLISHING = ("reports published", "draft begun", "rows added", "view current", "old views removed")
COUNTED = ("view_count", "cart_count", "purchase_count")


@dataclass(frozen=True)
class State:
    """What people see of a day."""

    reports: dict[str, bytes]
    cut: int | None
    segments: list[SegmentRow]


@dataclass(frozen=True)
class Days:
    """A home with a run day that late events came for since; what is seen of the day, before another run and after."""

    home: Installation
    old: State
    new: State
    answers: list[Answer]
    steps: Counter[str]
    seconds: float


def state(home: Installation) -> State:
    """What is seen now; the names of all reports lead to what the shelf says."""
    shelf = ReportShelf(home.home.reports)
    reports = shelf.files(MONDAY)
    assert {name: (shelf.folder / name).read_bytes() for name in reports} == reports
    store = home.store()
    with store.read() as connection:
        view = batch_views.current(connection, MONDAY.start)
        rows = list(segments.list_rows(connection, MONDAY.start))
    store.close()
    return State(reports, None if view is None else view.cut, rows)


def counts(found: list[Answer]) -> list[tuple[object, ...]]:
    return [(each.start, each.product_id, each.category, *(getattr(each, name) for name in COUNTED)) for each in found]


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory, commands: CommandServer) -> Iterator[Days]:
    folder = tmp_path_factory.mktemp("days")
    home = Installation(folder / "home", {"ALERT_HANDLERS": ""})
    home.append({0: clicks(1, MONDAY, 400) + clicks(2, TUESDAY, 10, last=60)})
    stream(home)
    run_day(home.app_settings(), MONDAY)
    home.append({0: clicks(3, MONDAY, 200)})
    stream(home)
    undisturbed = copied(home, folder / "undisturbed")
    began = time.monotonic()
    run = commands.start(DAY, module="tests.support.faulty_batch", environment=undisturbed.environment).end()
    seconds = time.monotonic() - began
    assert run.exit_code == 0, run.errors
    yield Days(home, state(home), state(undisturbed), answers(home), Counter(run.output.splitlines()), seconds)


def is_old_or_new(days: Days, seen: State) -> str:
    """Hold what is seen to the promise; how far the run had come.

    The reports come first: between them and the view the answers are provisional still.
    """
    assert seen.reports in (days.old.reports, days.new.reports)
    assert (seen.cut, seen.segments) in ((days.old.cut, days.old.segments), (days.new.cut, days.new.segments))
    if seen.cut == days.new.cut:
        assert seen.reports == days.new.reports
        return "view and reports new"
    return "reports new" if seen.reports == days.new.reports else "nothing new"


def check(days: Days, home: Installation) -> str:
    """What a kill has left: old or new, the same answers as ever; and that the next run makes it whole."""
    seen = is_old_or_new(days, state(home))
    found = answers(home)
    assert counts(found) == counts(days.answers)
    late = [each for each in found if each.status == PROVISIONAL and MONDAY.start <= each.start < MONDAY.end]
    assert bool(late) == (seen != "view and reports new")
    run_day(home.app_settings(), MONDAY)
    assert state(home) == days.new
    assert not [path for path in home.home.reports.rglob("*") if path.name.endswith(".draft")]
    return seen


def test_the_late_events_make_a_difference(days: Days) -> None:
    assert days.old.reports != days.new.reports
    assert days.old.segments != days.new.segments
    assert days.old.cut != days.new.cut


def test_every_step_of_a_run_is_known_here(days: Days) -> None:
    together = {Step.TOP_PRODUCTS, Step.CONVERSION_RATES, Step.TOTALS}  # the figures are one step of a whole run
    assert together <= set(days.steps)
    assert set(days.steps) == {*(step.value for step in Step), *PUBLISHING}


@pytest.mark.parametrize("step", [*Step, *PUBLISHING])
def test_a_fault_at_a_step_leaves_the_old_day_or_the_new_one(
    step: str, days: Days, commands: CommandServer, tmp_path: Path
) -> None:
    for occurrence in sorted({1, days.steps[step]}):
        home = copied(days.home, tmp_path / str(occurrence))
        faulty = ("tests.support.faulty_batch", home.environment)
        run = commands.start(DAY, step, str(occurrence), module=faulty[0], environment=faulty[1]).end()
        assert run.exit_code == -signal.SIGKILL, (step, occurrence, run.errors)
        check(days, home)


def test_a_kill_at_any_instant_leaves_the_old_day_or_the_new_one(
    days: Days, commands: CommandServer, tmp_path: Path
) -> None:
    random, kills, seen = Random(20260126), 0, Counter[str]()
    while kills < KILLS * proof_scale():
        home = copied(days.home, tmp_path / "home")
        run = commands.start("batch", "--date", DAY, environment=home.environment)
        # The instant is the point: it must not hang on anything that the run does.
        time.sleep(random.uniform(0, days.seconds))
        run.send(signal.SIGKILL)
        ended = run.end()
        assert ended.exit_code in (0, -signal.SIGKILL), ended.errors
        kills += ended.exit_code != 0
        seen[check(days, home)] += 1
        home.folder.rename(tmp_path / f"done {sum(seen.values())}")
    print(f"{kills} kills within {days.seconds:.2f} s: {dict(seen)}")
    assert len(seen) > 1, "all kills met the same state"
