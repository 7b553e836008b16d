"""The default works without Kafka's library, and says what to do where it is needed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import CommandLine
from tests.support.repository import ROOT


@pytest.fixture
def without_kafka(tmp_path: Path) -> CommandLine:
    """The command line where the library cannot be imported."""
    hiding = tmp_path / "hiding"
    hiding.mkdir()
    (hiding / "confluent_kafka.py").write_text("raise ModuleNotFoundError(\"No module named 'confluent_kafka'\")\n")
    home = tmp_path / "shop"
    home.mkdir()
    return CommandLine(home, settings={"PYTHONPATH": f"{hiding}:{ROOT / 'src'}"})


def test_events_go_from_the_log_to_windows_without_kafkas_library(without_kafka: CommandLine) -> None:
    assert without_kafka.run("produce", "--profile", "day", "--events", "500").returncode == 0
    streamed = without_kafka.run("stream", "--until-caught-up")
    assert streamed.returncode == 0, streamed.stderr
    assert b"500 accepted" in streamed.stderr


@pytest.mark.parametrize("words", [("produce", "--to", "kafka"), ("stream", "--from", "kafka", "--until-caught-up")])
def test_asking_for_kafka_without_its_library_says_what_to_install(
    without_kafka: CommandLine, words: tuple[str, ...]
) -> None:
    done = without_kafka.run(*words)
    assert done.returncode == 2
    assert done.stderr.decode() == (
        "clickwatch: Kafka needs a library that is not here (No module named 'confluent_kafka'). "
        "Install it: pip install 'clickwatch[kafka]'.\n"
    )


def test_no_command_loads_kafkas_library_before_it_is_asked_for() -> None:
    script = "import sys, clickwatch.cli.app as app; app.application(); sys.exit('confluent_kafka' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT / "src").returncode == 0
