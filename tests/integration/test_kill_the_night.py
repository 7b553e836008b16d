"""The night by tasks, as a scheduler runs it: each killed at any instant and tried again until it ends."""

import signal
import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from clickwatch.batch.reports.publication import ReportShelf
from clickwatch.store.schema import batch_hours, user_segments
from clickwatch.wiring.night import DAY, TASKS
from tests.support.commands import CommandServer
from tests.support.day_homes import MONDAY, TUESDAY, clicks, copied, expected_tables, stream
from tests.support.installations import Installation
from tests.support.proof import proof_scale

NIGHTS = 2
KILLS_OF_A_TASK = 2


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A Monday in several files, and the beginning of a Tuesday."""
    settings = {"ALERT_HANDLERS": "file", "RETENTION_DAYS": "9999", "ARCHIVE_MAX_ROWS": "100"}
    home = Installation(tmp_path_factory.mktemp("shop") / "home", settings)
    for seed in range(3):
        home.append({0: clicks(seed, MONDAY, 150)})
        stream(home)
    home.append({0: clicks(9, TUESDAY, 20, last=60)})
    stream(home)
    return home


def state(home: Installation) -> tuple[dict[str, bytes], list[dict[str, object]], int]:
    """The reports, the view without the numbers of its versions, and how many summaries went out."""
    rows = [*home.rows(batch_hours), *home.rows(user_segments)]
    view = [{name: value for name, value in row.items() if name != "view_id"} for row in rows]
    return ReportShelf(home.home.reports).files(MONDAY), view, len(home.home.alerts.read_bytes().splitlines())


def run(commands: CommandServer, home: Installation, words: tuple[str, ...], kill_after: float | None = None) -> int:
    """The exit code of a task's command, killed after some seconds or not at all."""
    running = commands.start(*(str(MONDAY) if word == DAY else word for word in words), environment=home.environment)
    if kill_after is not None:
        time.sleep(kill_after)
        running.send(signal.SIGKILL)
    ended = running.end()
    assert ended.exit_code in (0, -signal.SIGKILL), (words, ended.errors)
    return ended.exit_code


def test_tasks_that_are_killed_at_any_instant_and_tried_again_make_the_night_that_was_never_disturbed(
    shop: Installation, commands: CommandServer, tmp_path: Path
) -> None:
    undisturbed, seconds = copied(shop, tmp_path / "undisturbed"), dict[str, float]()
    for task in TASKS:
        began = time.monotonic()
        assert run(commands, undisturbed, task.words) == 0
        seconds[task.name] = time.monotonic() - began
    expected, tables = state(undisturbed), expected_tables(undisturbed, MONDAY)
    assert {name: expected[0][name] for name in tables} == tables and expected[2] == 1
    random, killed = Random(20260126), Counter[str]()
    for night in range(NIGHTS * proof_scale()):
        home = copied(shop, tmp_path / f"night {night}")
        for task in TASKS:
            for _ in range(KILLS_OF_A_TASK):
                # The instant is the point: it must not hang on anything that the task does.
                killed[str(task.name)] += run(commands, home, task.words, random.uniform(0, seconds[task.name])) != 0
            assert run(commands, home, task.words) == 0
        assert state(home) == expected
    print(f"kills: {dict(killed)}")
    assert sum(killed.values()) > len(TASKS)
