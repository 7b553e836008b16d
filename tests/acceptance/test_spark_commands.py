"""The commands on Spark, as people run them: stopped by a signal, and where Spark is not installed."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clickwatch.store import schema
from tests.support.command import CommandLine
from tests.support.commands import CommandServer
from tests.support.day_homes import MONDAY, TUESDAY, clicks
from tests.support.installations import Installation, assert_true
from tests.support.repository import ROOT
from tests.support.spark import QUICK_JAVA

SETTINGS = {
    "ALERT_HANDLERS": "",
    "SPARK_EPOCH_MAX_BYTES": "20000",
    "JDK_JAVA_OPTIONS": QUICK_JAVA,
    "SPARK_MASTER": "local[2]",
}


def test_a_stream_on_spark_stops_at_a_signal_and_goes_on_where_it_stopped(
    tmp_path: Path, commands: CommandServer
) -> None:
    home = Installation(tmp_path / "a home", SETTINGS)
    home.append({0: clicks(1, MONDAY, 1500)})
    stream = commands.start("stream", "--engine", "spark", environment=home.environment)
    deadline = time.monotonic() + 110
    while not home.home.store.exists() or not home.rows(schema.accounting):
        assert time.monotonic() < deadline, stream.errors_so_far()
        time.sleep(0.05)
    stream.send(signal.SIGTERM)
    ended = stream.end()
    assert ended.exit_code == 0, ended.errors
    assert ended.errors.startswith("Stopped: ")
    assert len(ended.errors.splitlines()) == 1, "Spark says nothing of its own"
    assert list(home.home.spill.iterdir()) == [], "nothing of Spark stays"

    home.append({0: clicks(2, TUESDAY, 30, last=60)})
    went_on = commands.run("stream", "--engine", "spark", "--until-caught-up", environment=home.environment)
    assert went_on.exit_code == 0, went_on.errors
    assert went_on.errors.startswith("Caught up: ")
    assert_true(home.outcome(), home.truth())

    embedded = commands.run("batch", "--date", str(MONDAY), environment=home.environment)
    reports = {path.name: path.read_bytes() for path in home.home.reports.iterdir() if path.is_file()}
    on_spark = commands.run("batch", "--date", str(MONDAY), "--engine", "spark", environment=home.environment)
    assert (embedded.exit_code, on_spark.exit_code) == (0, 0), on_spark.errors
    assert {path.name: path.read_bytes() for path in home.home.reports.iterdir() if path.is_file()} == reports


def test_the_commands_of_the_page_run_as_written(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    line = CommandLine(tmp_path / "home", settings={**SETTINGS, "SPARK_EPOCH_MAX_BYTES": None})
    page = (ROOT / "docs" / "on-spark.md").read_text("utf-8")
    script = page.partition("## Try it")[2].partition("```sh\n")[2].partition("```")[0]
    assert script.count("clickwatch ") == 4
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "clickwatch").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m clickwatch "$@"\n', "utf-8")
    (bin_folder / "clickwatch").chmod(0o755)
    environment = line.environment | {"PATH": f"{bin_folder}:{line.environment['PATH']}"}
    done = subprocess.run(["bash", "-e", "-c", script], cwd=line.home, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "20,000 records" in done.stderr
    assert "2026-01-26: 20,000 events" in done.stdout


@pytest.mark.parametrize(
    ("master", "why"), [("local[0]", "threads"), ("nonsense", "Master must"), ("spark://bad", "Invalid master URL")]
)
def test_a_master_that_cannot_be_is_said_in_a_line(
    master: str, why: str, tmp_path: Path, commands: CommandServer
) -> None:
    home = Installation(tmp_path / "home", {**SETTINGS, "SPARK_MASTER": master})
    home.append({0: clicks(1, MONDAY, 5)})
    ended = commands.run("stream", "--engine", "spark", "--until-caught-up", environment=home.environment)
    assert ended.exit_code == 2
    [line] = ended.errors.splitlines()
    assert line.startswith("clickwatch: Spark does not start: ") and "SPARK_MASTER" in line
    assert why in line
    assert list(home.home.spill.iterdir()) == [], "nothing of Spark stays"


@pytest.fixture
def without_spark(tmp_path: Path) -> CommandLine:
    """An installation whose Python has no pyspark."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "pyspark.py").write_text("raise ImportError('not installed')\n", "utf-8")
    line = CommandLine(tmp_path / "home")
    line.home.mkdir()
    return CommandLine(line.home, settings={"PYTHONPATH": f"{hidden}:{line.environment['PYTHONPATH']}"})


def test_without_the_extra_a_clear_line_says_what_to_install(without_spark: CommandLine) -> None:
    failed = without_spark.run("stream", "--engine", "spark", "--until-caught-up")
    assert failed.returncode == 2
    assert failed.stderr.decode() == (
        "clickwatch: The Spark engine is an extra that is not installed. "
        "Install it: pip install 'clickwatch[spark]', and Java 17.\n"
    )


def test_without_the_extra_the_embedded_engine_runs(without_spark: CommandLine) -> None:
    assert without_spark.run("produce", "--events", "100").returncode == 0
    assert without_spark.run("stream", "--until-caught-up").returncode == 0


def test_without_java_a_clear_line_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    line = CommandLine(tmp_path / "home", settings={"PATH": str(tmp_path), "JAVA_HOME": None})
    failed = line.run("stream", "--engine", "spark", "--until-caught-up")
    assert failed.returncode == 2
    assert failed.stderr.decode().startswith("clickwatch: Spark needs Java 17 or newer, and there is no java.")
