"""`clickwatch produce`, as a process, onto a real log."""

import json
import signal
from pathlib import Path

import pytest

from tests.support.command import CommandLine


@pytest.fixture
def command(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path)


def test_a_day_has_as_many_events_as_asked_for(command: CommandLine) -> None:
    done = command.run(
        "produce", "--profile", "day", "--date", "2026-01-26", "--events", "2000", "--seed", "5", "--json"
    )
    summary = json.loads(done.stdout)
    events = [json.loads(line) for line in command.on_the_log().splitlines()]
    assert (done.returncode, done.stderr) == (0, b"")
    assert summary["events"] == len(events) == 2000 and summary["seed"] == 5
    assert (summary["start"], summary["end"]) == ("2026-01-26T00:00:00Z", "2026-01-27T00:00:00Z")
    assert {event["timestamp"][:10] for event in events} == {"2026-01-26"}


def test_the_same_seed_makes_the_same_bytes_on_any_number_of_partitions(tmp_path: Path) -> None:
    lines = []
    for partitions in (1, 3):
        (tmp_path / str(partitions)).mkdir()
        command = CommandLine(tmp_path / str(partitions), partitions)
        command.run("produce", "--profile", "day", "--start", "2026-01-26T00:00:00Z", "--events", "5000", "--seed", "5")
        lines.append(sorted(line for number in range(partitions) for line in command.on_the_log(number).splitlines()))
    assert lines[0] == lines[1] and len(lines[0]) == 5000


def test_steady_keeps_its_pace_and_says_what_it_did(command: CommandLine) -> None:
    done = command.run("produce", "--rate", "500", "--duration", "1s", "--seed", "5")
    assert done.returncode == 0
    assert done.stdout.startswith(b"500 events (") and b"500 per second" in done.stdout and b"seed 5" in done.stdout
    assert command.on_the_log().count(b"\n") == 500


def test_the_settings_name_the_products_of_high_interest(command: CommandLine) -> None:
    (command.home / ".env").write_text("PRODUCER_HIGH_INTEREST_PRODUCT_IDS=HOT_1\n", encoding="utf-8")
    command.run("produce", "--profile", "day", "--events", "1000")
    assert command.on_the_log().count(b'"HOT_1"') > 150


def test_a_day_that_is_not_over_says_what_intake_will_refuse(command: CommandLine) -> None:
    done = command.run("produce", "--profile", "day", "--date", "2999-01-01", "--events", "10")
    assert done.returncode == 0
    assert b"intake will refuse" in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_cleanly_with_the_summary(command: CommandLine, number: int, code: int) -> None:
    process = command.start("produce", "--rate", "20", "--duration", "1h")
    assert process.stdout is not None
    segments = command.home / "log" / "clickstream_events" / "0"
    while not any(path.stat().st_size for path in segments.glob("*.ndjson")):
        assert process.poll() is None
    process.send_signal(number)
    assert process.wait(60) == code
    events = command.on_the_log().count(b"\n")
    assert process.stdout.read().startswith(b"Stopped. %d event" % events)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--rate", "0"],
        ["--rate", "nan"],
        ["--duration", "soon"],
        ["--date", "2026-01-26"],
        ["--profile", "day", "--date", "26.01.2026"],
        ["--profile", "day", "--date", "2026-01-26", "--start", "2026-01-26T00:00:00Z"],
        ["--start", "2026-01-26T00:00:00"],
        ["--start", "noon"],
        ["--to", "cloud"],
        ["--profile", "chaos", "--truth", "truth.json", "--to", "kafka"],
    ],
)
def test_arguments_that_cannot_be_meant_are_refused(command: CommandLine, arguments: list[str]) -> None:
    done = command.run("produce", *arguments)
    assert done.returncode == 2
    assert arguments[-2].encode() in done.stderr or arguments[2].encode() in done.stderr


@pytest.mark.parametrize("arguments", [["--start", "1969-01-01T00:00:00Z"], ["--duration", "0s"]])
def test_traffic_that_cannot_be_is_one_clear_line(command: CommandLine, arguments: list[str]) -> None:
    done = command.run("produce", *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(b"clickwatch: ") and done.stderr.count(b"\n") == 1
