"""Shoppers and stream side by side: what happens now raises alerts now."""

import json
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from tests.support.command import CommandLine
from tests.support.terminal import Terminal

HIGH_INTEREST = {"PROD_001", "PROD_002", "PROD_003"}


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something another process does is to be seen."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def alerting(file: Path) -> set[str]:
    """The products of which the alert file tells."""
    with suppress(FileNotFoundError):
        messages = [json.loads(line) for line in file.read_bytes().split(b"\n")[:-1]]
        return {message["product_id"] for message in messages if message["kind"] == "beginning"}
    return set()


def test_alerts_come_while_the_stream_runs_and_it_stops_cleanly(command: CommandLine) -> None:
    stream = command.start("stream")
    try:
        produced = command.run("produce", "--rate", "1500", "--events", "3000", "--seed", "7")
        assert produced.returncode == 0
        until(lambda: alerting(command.home / "alerts.jsonl") == HIGH_INTEREST)
        until(lambda: command.listed("accounting")[0]["received"] == 3000)
        assert stream.poll() is None
        stream.send_signal(signal.SIGTERM)
        output, errors = stream.communicate(timeout=60)
    finally:
        stream.kill()
    assert stream.returncode == 0
    assert output.decode().count("🚨 FLASH SALE ALERT 🚨") >= 3
    assert errors.decode().startswith("Stopped: ")
    assert {row["product_id"] for row in command.listed("alerts")} == HIGH_INTEREST
    [sheet] = command.listed("accounting")
    assert sheet["accepted"] == 3000


def test_on_a_terminal_a_live_table_is_drawn_and_alerts_stand_whole_above_it(command: CommandLine) -> None:
    events = [hostile_view(number) for number in range(101)]
    terminal = Terminal(command.words("stream"), command.home, command.environment)
    try:
        until(lambda: "Waiting for events" in terminal.text)
        assert command.run("replay", "-", given=b"".join(events)).returncode == 0
        until(lambda: "Windows now" in terminal.text and "Consider Flash Sale!" in terminal.text)
        drawn = terminal.text.count("Windows now")
        until(lambda: terminal.text.count("Windows now") > drawn)  # it goes on although no more events come
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.process.wait(60) == 0
        until(lambda: "Stopped: 101 records" in terminal.text)
    finally:
        terminal.close()
    block = "Product ID: \\u202e[red]x[/]\r\nCategory: unknown\r\nViews: 101\r\nPurchases: 0\r\n"
    assert block in terminal.text
    assert "\u202e" not in terminal.text and "[red]x[/]  unknown" in terminal.text


def hostile_view(number: int) -> bytes:
    """A view, now, of a product whose name would turn the line around and colour it."""
    moment = datetime.now(UTC).isoformat()
    fields = {"user_id": f"u{number}", "product_id": "\u202e[red]x[/]", "event_type": "view", "timestamp": moment}
    return json.dumps(fields).encode() + b"\n"


def test_what_came_while_the_stream_was_down_is_processed_by_the_next(command: CommandLine) -> None:
    for seed in ("1", "2"):
        assert command.run("produce", "--profile", "day", "--events", "500", "--seed", seed).returncode == 0
        assert command.run("stream", "--until-caught-up", "--quiet").returncode == 0
    [sheet] = command.listed("accounting")
    assert sheet["received"] == 1000


def test_a_second_stream_on_one_home_is_one_clear_line(command: CommandLine) -> None:
    stream = command.start("stream")
    try:
        # The archive is made by whoever holds the right to write.
        until((command.home / "archive").exists)
        second = command.run("stream", "--until-caught-up")
        assert second.returncode == 1
        assert second.stderr.startswith(b"clickwatch: ") and second.stderr.count(b"\n") == 1
        assert stream.poll() is None
    finally:
        stream.terminate()
        stream.communicate(timeout=60)
    assert stream.returncode == 0
