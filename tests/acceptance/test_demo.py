"""`clickwatch demo`, as people run it: real processes, real files, a fresh home."""

import hashlib
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.command import CommandLine

HIGH_INTEREST = {"PROD_001", "PROD_002", "PROD_003"}
MEBIBYTE = 1024 * 1024
# Linux counts what a process's parent had in memory when it was started among its own peak: so the parent is small.
MEASURED = """
import os, sys
pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(pid, 0)
with open(sys.argv[1], "w") as usage:
    print(used.ru_maxrss, file=usage)
sys.exit(os.waitstatus_to_exitcode(status))
"""


@dataclass(frozen=True)
class Run:
    """A demonstration that has ended."""

    command: CommandLine
    exit_code: int
    output: str
    errors: str
    peak_memory: int


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One whole demonstration, for all tests that only look at it."""
    folder = tmp_path_factory.mktemp("demo")
    command = CommandLine(folder / "shop")
    command.home.mkdir()
    with (folder / "output").open("wb") as output, (folder / "errors").open("wb") as errors:
        words = [sys.executable, "-c", MEASURED, str(folder / "usage"), *command.words("demo")]
        done = subprocess.run(words, cwd=folder, env=command.environment, stdout=output, stderr=errors)
    said, complained, usage = ((folder / name).read_text("utf-8") for name in ("output", "errors", "usage"))
    return Run(command, done.returncode, said, complained, int(usage) * 1024)


def accounted(command: CommandLine) -> dict[str, int]:
    """The accounting sheet."""
    [sheet] = command.listed("accounting")
    return sheet


def test_it_succeeds_and_says_nothing_of_errors(run: Run) -> None:
    assert run.exit_code == 0, run.errors
    assert run.errors == ""


def test_it_raises_alerts_for_all_products_of_high_interest(run: Run) -> None:
    alerts = run.command.listed("alerts")
    hour_ago = (datetime.now(UTC) - timedelta(minutes=75)).isoformat()
    assert {alert["product_id"] for alert in alerts} == HIGH_INTEREST
    assert {alert["product_id"] for alert in alerts if alert["window_start"] > hour_ago} == HIGH_INTEREST
    assert {alert["status"] for alert in alerts} <= {"open", "confirmed", "withdrawn"}


def test_only_alerts_of_the_last_hour_are_sent_out(run: Run) -> None:
    blocks = re.findall(r"🚨 FLASH SALE ALERT 🚨\n═{23}\nProduct ID: (\S+)\n", run.output)
    assert set(blocks) == HIGH_INTEREST
    assert 3 <= len(blocks) < 20
    sent = (run.command.home / "alerts.jsonl").read_text("utf-8").splitlines()
    assert len([line for line in sent if '"beginning"' in line]) == len(blocks)


def test_it_accounts_for_every_record_and_the_sums_are_true(run: Run) -> None:
    numbers = [[int(n.replace(",", "")) for n in re.findall(r"[\d,]*\d", line)] for line in worked_sums(run.output)]
    assert len(numbers) == 3
    assert all(whole == sum(parts) for whole, *parts in numbers)
    assert "FALSE" not in run.output
    sheet = accounted(run.command)
    assert sheet["received"] == numbers[0][0] == 236_000
    assert sheet["received"] == sheet["accepted"] + sheet["duplicate"] + sheet["rejected"]
    assert sheet["late"] == 0


def worked_sums(output: str) -> list[str]:
    """The lines that work out a sum and say that it is true."""
    return re.findall(r"^[\d,]+ [a-z ]+ = .*: true$", output, re.MULTILINE)


def test_it_shows_the_hottest_windows_most_viewed_first(run: Run) -> None:
    table = run.output.split("The hottest windows")[1].split("The newest alerts")[0]
    rows = re.findall(r"^\d{4}-\d\d-\d\d \d\d:\d\d–\d\d:\d\d +(\S+) +(\S+) +(\d+) +(\d+)\s*$", table, re.MULTILINE)
    views = [int(row[2]) for row in rows]
    assert len(views) == 8
    assert views == sorted(views, reverse=True)
    assert views[0] == max(window["view_count"] for window in run.command.listed("windows"))


def test_it_ends_with_the_reports_of_the_day_that_is_over(run: Run) -> None:
    [day] = re.findall(r"^The day that is over, (\S+), reported in ", run.output, re.MULTILINE)
    assert (datetime.now(UTC) - datetime.fromisoformat(f"{day}T23:59:59+00:00")) < timedelta(hours=26)
    summary = run.output.split(f"The day that is over, {day}")[1].split("The files, in ")[0]
    assert re.search(r"^  Events +200,000$", summary, re.MULTILINE)
    assert re.search(r"^  1\. (PROD_00[123]) \(", summary, re.MULTILINE)
    [page] = re.findall(r"^The same to look at and to print: (.*)$", summary, re.MULTILINE)
    assert Path(page).read_text("utf-8").startswith("<!doctype html>")
    assert len(list(Path(page).parent.glob(f"*_{day.replace('-', '')}.*"))) == 5
    totals = run.command.listed("totals", "--date", day, "--by", "day")
    assert {row["status"] for row in totals} == {"final"}
    assert run.command.listed("reconcile", "--date", day) == []


def test_its_memory_is_bounded(run: Run) -> None:
    assert run.peak_memory < 512 * MEBIBYTE


def test_the_files_that_it_names_are_there_and_the_key_is_not_among_them(run: Run) -> None:
    listing = run.output.split("The files, in ")[1]
    assert listing.startswith(str(run.command.home))
    for name in ("log/clickstream_events", "store.sqlite", "archive/events", "reports", "alerts.jsonl"):
        assert name in listing
        assert (run.command.home / name).exists()
    [key] = re.findall(r"^  (/.*\.key)$", listing, re.MULTILINE)
    assert Path(key).stat().st_mode & 0o777 == 0o600
    assert not Path(key).is_relative_to(run.command.home)


def test_the_commands_that_it_suggests_work(run: Run) -> None:
    lines = [line.strip() for line in run.output.split("What to try next:")[1].splitlines() if line.strip()]
    listing = [line for line in lines if re.search(r"clickwatch (windows|alerts|totals|segments) ?", line)]
    assert len(listing) == 4
    # Only the home that the suggestion itself exports leads to the data.
    elsewhere = {**run.command.environment, "CLICKWATCH_HOME": "/nowhere"}
    script = "\n".join(["set -e", lines[0], *listing])
    done = subprocess.run(["sh", "-c", script], env=elsewhere, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "PROD_001" in done.stdout and '"rule": "flash_sale"' in done.stdout and "Totals" in done.stdout
    assert "1,000 users" in done.stdout
    assert lines[-1].startswith(f"rm -r {run.command.home} ") and lines[-1].endswith(".key")


def test_a_second_run_takes_a_new_home_and_leaves_the_first_as_it_is(run: Run) -> None:
    before = accounted(run.command)
    again = run.command.run("demo", "--events", "2000")
    assert again.returncode == 0
    [home] = re.findall(r"^This demonstration keeps its files in (.*)$", again.stdout.decode(), re.MULTILINE)
    assert home.startswith(f"{run.command.home}-demo-")
    assert accounted(CommandLine(Path(home)))["received"] == 38_000
    assert accounted(run.command) == before


def test_live_traffic_goes_through_too_in_a_home_beside_the_usual_one(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir(exist_ok=True)
    key = tmp_path / "shared.key"
    key.write_text(hashlib.sha256(b"shared").hexdigest(), "ascii")
    key.chmod(0o600)
    elsewhere = {"CLICKWATCH_HOME": None, "XDG_DATA_HOME": str(tmp_path / "data"), "PSEUDONYM_KEY_FILE": str(key)}
    command = CommandLine(tmp_path / "work", settings=elsewhere)
    done = command.run("demo", "--events", "2000", "--live", "2s")
    assert done.returncode == 0, done.stderr
    [home] = (tmp_path / "data").iterdir()
    assert home.name.startswith("clickwatch-demo-")
    assert accounted(CommandLine(home))["received"] == 38_020
    assert len(worked_sums(done.stdout.decode())) == 3
    # A key that may serve another home too is not to be removed with this one.
    assert done.stdout.decode().splitlines()[-1] == f"  rm -r {home}"


def test_it_does_not_suggest_to_remove_what_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "notes.txt").write_text("mine", "ascii")
    done = CommandLine(tmp_path / "shop").run("demo", "--events", "1")
    assert done.returncode == 0 and b"What to try next" in done.stdout
    assert b"rm -r" not in done.stdout


def test_a_home_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", "ascii")
    elsewhere = {"CLICKWATCH_HOME": None, "XDG_DATA_HOME": str(tmp_path / "file")}
    done = CommandLine(tmp_path, settings=elsewhere).run("demo")
    assert done.returncode == 1
    assert done.stderr.startswith(b"clickwatch: ") and done.stderr.count(b"\n") == 1
