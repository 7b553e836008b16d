"""A stream, a batch, a compaction and retention at once, round after round: nobody loses a commit of another."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from clickwatch.archive.delta import DeltaArchive
from clickwatch.batch.reports.publication import ReportShelf
from clickwatch.domain.day import Day
from clickwatch.domain.window import DAY, HOUR, MINUTE, SECOND
from clickwatch.store import schema
from clickwatch.wiring.log import wall_clock
from tests.support.commands import CommandServer, await_that
from tests.support.day_homes import clicks, expected_tables, stream
from tests.support.installations import Installation
from tests.support.proof import proof_scale

ROUNDS = 20 * proof_scale()
_ENOUGH = 4 * MINUTE * proof_scale()
OLDEST = ROUNDS + 40
"""How many days ago the first of the days is that retention takes, one in each round."""
# An archive commit for every few events, and epochs without end.
SETTINGS = {
    "ALERT_HANDLERS": "",
    "RETENTION_DAYS": "9999",
    "ARCHIVE_MAX_ROWS": "10",
    "ARCHIVE_MAX_DELAY": "50ms",
    "EPOCH_INTERVAL": "20ms",
}


@contextmanager
def at(monkeypatch: pytest.MonkeyPatch, moment: int) -> Iterator[None]:
    """In this process it is then, µs since the Unix epoch."""
    with monkeypatch.context() as patched:
        patched.setattr(time, "time_ns", lambda: moment * 1000)
        yield


@cache
def today() -> Day:
    """The day on which all rounds are run: the next one if this one is about to end."""
    left = Day.of(wall_clock()).end - wall_clock()
    if left < _ENOUGH:
        time.sleep(left / SECOND)
    return Day.of(wall_clock())


def days_ago(number: int) -> Day:
    return Day.of(today().start - number * DAY)


def at_once(commands: CommandServer, home: Installation, retention_days: int) -> None:
    """A batch of one day, a compaction of another, and retention, each a process; all of them end well."""
    running = [
        commands.start("batch", "--date", str(days_ago(1)), environment=home.environment),
        commands.start("batch", "--date", str(days_ago(2)), "--step", "compact", environment=home.environment),
        commands.start("retention", environment=home.environment | {"RETENTION_DAYS": str(retention_days)}),
    ]
    for ended in [each.end() for each in running]:
        assert ended.exit_code == 0, (ended.output, ended.errors)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """A day for each round, long ago, taken in when it was over."""
    home = Installation(tmp_path / "home", SETTINGS)
    for number in range(OLDEST, OLDEST - ROUNDS, -1):
        with at(monkeypatch, days_ago(number).end + HOUR):
            home.append({0: clicks(number, days_ago(number), 15)})
            stream(home)
    return home


def test_nobody_loses_a_commit_and_the_reports_are_what_the_log_says(
    home: Installation, commands: CommandServer
) -> None:
    sent = {days_ago(1): 0, days_ago(2): 0}
    streaming = commands.start("stream", "--quiet", environment=home.environment)
    try:
        for done in range(1, ROUNDS + 1):
            for number, day in enumerate(sent, 1):
                home.append({0: clicks(10_000 * number + done, day, 20)})
                sent[day] += 20
            at_once(commands, home, OLDEST - done)
            archived = DeltaArchive.open(home.home.archive, create=False).snapshot().days()
            assert days_ago(OLDEST - done).date in archived or done == ROUNDS
            assert days_ago(OLDEST - done + 2).date not in archived, "what retention removed does not come back"
        whole = sum(sent.values()) + 15 * ROUNDS
        await_that(lambda: home.rows(schema.accounting)[0]["accepted"] == whole, streaming)
    finally:
        streaming.send(signal.SIGINT)
        ended = streaming.end()
    assert ended.exit_code == 0, ended.errors
    for day, count in sent.items():
        assert commands.run("night", "--date", str(day), environment=home.environment).exit_code == 0
        expected, found = expected_tables(home, day), ReportShelf(home.home.reports).files(day)
        assert {name: found[name] for name in expected} == expected
        assert DeltaArchive.open(home.home.archive, create=False).to_arrow(day.date).num_rows == count
