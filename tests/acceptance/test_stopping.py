"""Stopping and sharing: signals, a second pipeline on the same home, readers that go away."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from clickwatch.archive.delta import DeltaArchive
from tests.support.commands import CommandServer, await_that
from tests.support.complaints import complaint
from tests.support.installations import Installation, assert_true
from tests.support.mixed_clicks import MixedClicks
from tests.support.repository import ROOT

SETTINGS = {"EPOCH_MAX_BYTES": "10000", "EPOCH_INTERVAL": "20ms", "ARCHIVE_MAX_ROWS": "1000000"}
AT_ONCE = 400
SOURCES = str(ROOT / "src")


@pytest.fixture
def clicks() -> MixedClicks:
    return MixedClicks(11, 1)


@pytest.fixture
def home(tmp_path: Path, clicks: MixedClicks) -> Installation:
    home = Installation(tmp_path / "home", SETTINGS)
    home.append(clicks.batch(AT_ONCE))
    return home


def ask(home: Installation, question: str) -> int:
    """The one number that a query on the store gives; 0 while there is no store."""
    if not home.home.store.exists():
        return 0
    with closing(sqlite3.connect(f"{home.home.store.as_uri()}?mode=ro", uri=True)) as store:
        return int(store.execute(question).fetchone()[0] or 0)


def received(home: Installation) -> int:
    return ask(home, "SELECT sum(received) FROM accounting")


def last_epoch(home: Installation) -> int:
    return ask(home, "SELECT max(epoch) FROM epochs")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_continuous_run_with_nothing_left_to_do_again(
    number: signal.Signals, home: Installation, clicks: MixedClicks, commands: CommandServer
) -> None:
    stream = commands.start("stream", environment=home.environment)
    await_that(lambda: received(home) == AT_ONCE, stream)
    home.append(clicks.batch(100))
    await_that(lambda: received(home) == AT_ONCE + 100, stream)
    stream.send(number)
    ended = stream.end()
    assert (ended.exit_code, ended.output) == (0, "")
    (line,) = ended.errors.splitlines()
    assert line.startswith("Stopped: 500 records")
    assert DeltaArchive.open(home.home.archive, create=False).last_epoch() == last_epoch(home)
    assert ask(home, "SELECT expires_at FROM leases") == 0
    assert_true(home.outcome(), home.truth())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_the_midst_of_the_log_ends_after_an_epoch_and_the_next_run_goes_on(
    number: signal.Signals, home: Installation, commands: CommandServer
) -> None:
    stream = commands.start("stream", "--until-caught-up", environment=home.environment)
    await_that(lambda: last_epoch(home) > 0, stream)
    stream.send(number)
    assert stream.end().exit_code == 0
    assert DeltaArchive.open(home.home.archive, create=False).last_epoch() == last_epoch(home)
    assert commands.run("stream", "--until-caught-up", environment=home.environment).exit_code == 0
    assert_true(home.outcome(), home.truth())


def test_a_second_pipeline_on_the_same_home_is_refused_and_the_first_goes_on(
    home: Installation, clicks: MixedClicks, commands: CommandServer
) -> None:
    first = commands.start("stream", environment=home.environment)
    await_that(lambda: received(home) == AT_ONCE, first)
    for arguments in (["stream"], ["stream", "--until-caught-up"]):
        line = complaint(commands.run(*arguments, environment=home.environment))
        assert f"process {first.pid} " in line
        assert "pipeline" in line
    home.append(clicks.batch(100))
    await_that(lambda: received(home) == AT_ONCE + 100, first)
    first.send(signal.SIGTERM)
    assert first.end().exit_code == 0
    assert_true(home.outcome(), home.truth())


def test_a_pipeline_that_was_killed_holds_up_nobody(home: Installation, commands: CommandServer) -> None:
    first = commands.start("stream", environment=home.environment)
    await_that(lambda: last_epoch(home) > 0, first)
    first.send(signal.SIGKILL)
    assert first.end().exit_code == -signal.SIGKILL
    assert commands.run("stream", "--until-caught-up", environment=home.environment).exit_code == 0
    assert_true(home.outcome(), home.truth())


def test_commands_read_while_the_stream_writes(
    home: Installation, clicks: MixedClicks, commands: CommandServer
) -> None:
    stream = commands.start("stream", environment=home.environment)
    await_that(lambda: last_epoch(home) > 0, stream)
    for command in (["windows", "--json"], ["alerts"], ["accounting"], ["totals"], ["quarantine", "list"]):
        home.append(clicks.batch(40))
        listed = commands.run(*command, environment=home.environment)
        assert listed.exit_code == 0, listed.errors
        assert listed.output
    stream.send(signal.SIGTERM)
    assert stream.end().exit_code == 0


@pytest.mark.parametrize("command", ["windows --json", "windows --limit 1000", "totals --json", "accounting"])
def test_a_reader_that_goes_away_ends_a_command_without_a_word(
    command: str, home: Installation, commands: CommandServer
) -> None:
    assert commands.run("stream", "--until-caught-up", environment=home.environment).exit_code == 0
    line = f"{sys.executable} -m clickwatch {command}"
    reader = subprocess.run(
        ["bash", "-c", f"{line} | true; exec {line} > >(head -c 10 > /dev/null)"],
        env={**home.environment, "PYTHONPATH": SOURCES},
        capture_output=True,
        text=True,
    )
    assert reader.stderr == ""


def test_a_full_device_behind_standard_output_is_one_clear_line(home: Installation, commands: CommandServer) -> None:
    assert commands.run("stream", "--until-caught-up", environment=home.environment).exit_code == 0
    with Path("/dev/full").open("w") as full:
        reader = subprocess.run(
            [sys.executable, "-m", "clickwatch", "windows", "--json"],
            env={**home.environment, "PYTHONPATH": SOURCES},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert reader.returncode == 1
    (line,) = reader.stderr.splitlines()
    assert line.startswith("clickwatch: Standard output cannot be written")
