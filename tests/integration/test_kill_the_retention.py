"""Retention, killed at any instant: what is left is whole, and the next run removes the rest."""

import signal
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from clickwatch.batch.reports.publication import ReportShelf
from clickwatch.domain.day import Day
from clickwatch.store.schema import user_segments
from clickwatch.wiring.batch import run_day
from clickwatch.wiring.log import wall_clock
from tests.support.commands import CommandServer
from tests.support.day_homes import MONDAY, SUNDAY, clicks, copied, stream
from tests.support.installations import Installation, Outcome
from tests.support.proof import proof_scale

KILLS = 16
DAYS = (SUNDAY, MONDAY)
LATER = "31"
MODULE = "tests.support.later_retention"


@dataclass(frozen=True)
class State:
    """All that retention changes, and all that it must leave alone."""

    outcome: Outcome
    reports: dict[Day, dict[str, bytes]]
    users: list[dict[str, object]]
    log: dict[int, list[bytes]]


def state(home: Installation) -> State:
    """What is there now; the names of all reports lead to what the shelf says."""
    shelf = ReportShelf(home.home.reports)
    reports = {day: shelf.files(day) for day in DAYS}
    for files in reports.values():
        assert {name: (shelf.folder / name).read_bytes() for name in files} == files
    log = {partition: [record.raw for record in records] for partition, records in home.records().items()}
    return State(home.outcome(), reports, home.rows(user_segments), log)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Days that were over when they came, reported, with refused records, in several segments and files."""
    settings = {"ALERT_HANDLERS": "", "LOG_SEGMENT_BYTES": "16384", "ARCHIVE_MAX_ROWS": "100"}
    home = Installation(tmp_path_factory.mktemp("shop") / "home", settings)
    for seed, day in enumerate(DAYS):
        home.append({0: clicks(seed, day, 300) + b"{broken\n" * 20})
        stream(home)
    for day in DAYS:
        run_day(home.app_settings(), day)
    return home


def test_a_kill_at_any_instant_leaves_work_for_the_next_run_and_nothing_else(
    shop: Installation, commands: CommandServer, tmp_path: Path
) -> None:
    undisturbed = copied(shop, tmp_path / "undisturbed")
    began = time.monotonic()
    assert commands.start(LATER, module=MODULE, environment=undisturbed.environment).end().exit_code == 0
    seconds = time.monotonic() - began
    expected = state(undisturbed)
    assert expected.users == [] and not any(expected.log.values()) and expected.outcome.archive.num_rows == 0
    random, kills, met = Random(20260126), 0, Counter[str]()
    while kills < KILLS * proof_scale():
        home = copied(shop, tmp_path / f"home {sum(met.values())}")
        run = commands.start(LATER, module=MODULE, environment=home.environment)
        # The instant is the point: it must not hang on anything that the run does.
        time.sleep(random.uniform(0, seconds))
        run.send(signal.SIGKILL)
        ended = run.end()
        assert ended.exit_code in (0, -signal.SIGKILL), ended.errors
        kills += ended.exit_code != 0
        met[(ended.output.splitlines() or ["nothing"])[-1]] += 1
        state(home)
        again = commands.start(LATER, module=MODULE, environment=home.environment).end()
        assert again.exit_code == 0, again.errors
        assert state(home) == expected
    print(f"{kills} kills within {seconds:.2f} s, while at: {dict(met)}")
    assert len(met) > 1, "all kills met the same state"


def test_a_stream_goes_on_after_everything_has_gone(
    shop: Installation, commands: CommandServer, tmp_path: Path
) -> None:
    home = copied(shop, tmp_path / "home")
    assert commands.start(LATER, module=MODULE, environment=home.environment).end().exit_code == 0
    day = Day.of(wall_clock())
    home.append({0: clicks(7, day, 50, last=1)})
    stream(home)
    assert home.outcome().archive.num_rows == 50
    assert home.outcome().tables["accounting"][0]["received"] == 2 * 320 + 50
