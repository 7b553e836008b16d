"""`clickwatch retention` as people run it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from clickwatch.domain.window import DAY
from clickwatch.wiring.batch import run_day
from tests.support.commands import CommandServer
from tests.support.day_homes import MONDAY, clicks, copied, stream
from tests.support.installations import Installation

NOTHING = "Nothing is older than 30 days.\n"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A day, reported, with refused records."""
    home = Installation(tmp_path_factory.mktemp("shop") / "home", {"ALERT_HANDLERS": ""})
    home.append({0: clicks(1, MONDAY, 200) + b"{broken\n" * 3})
    stream(home)
    run_day(home.app_settings(), MONDAY)
    return home


@pytest.fixture
def shop(original: Installation, tmp_path: Path) -> Installation:
    """A copy of it, whose refused records and windows came in 31 days earlier than the rest."""
    home = copied(original, tmp_path / "home")
    with closing(sqlite3.connect(home.home.store, isolation_level=None)) as connection:
        connection.execute("UPDATE quarantine SET log_time = log_time - ?", (31 * DAY,))
        connection.execute("UPDATE windows SET added_at = added_at - ?", (31 * DAY,))
    return home


def closed_windows(shop: Installation) -> int:
    with closing(sqlite3.connect(shop.home.store)) as connection:
        [count] = connection.execute("SELECT count(*) FROM windows WHERE status = 'closed'").fetchone()
        return int(count)


def test_an_installation_whose_data_is_young_loses_nothing(original: Installation, commands: CommandServer) -> None:
    done = commands.run("retention", environment=original.environment)
    assert (done.exit_code, done.output, done.errors) == (0, NOTHING, "")


def test_a_dry_run_says_what_the_run_then_removes(shop: Installation, commands: CommandServer) -> None:
    windows = closed_windows(shop)
    would = commands.run("retention", "--dry-run", environment=shop.environment)
    assert would.output.startswith("Older than 30 days, and would go:\n")
    assert closed_windows(shop) == windows
    done = commands.run("retention", environment=shop.environment)
    assert done.output.startswith("Older than 30 days, and removed:\n")
    assert done.output.splitlines()[1:] == would.output.splitlines()[1:]
    rows = {line.split("  ")[0]: line.split() for line in done.output.splitlines()[3:] if line}
    assert rows["refused records"][-2:] == ["3", "rows"]
    assert rows["windows"][-2:] == [f"{windows:,}", "rows"]
    assert closed_windows(shop) == 0
    assert commands.run("retention", environment=shop.environment).output == NOTHING


def test_programs_get_a_line_for_each_kind_of_data(shop: Installation, commands: CommandServer) -> None:
    done = commands.run("retention", "--dry-run", "--json", environment=shop.environment)
    rows = [json.loads(line) for line in done.output.splitlines()]
    kinds = ["event log", "archive", "reports on users", "user segments", "refused records", "windows"]
    assert [row["data"] for row in rows] == [*kinds, "staged results"]
    refused = {"data": "refused records", "unit": "rows", "count": 3, "bytes": None, "days": [], "dry_run": True}
    assert refused in rows


def test_the_time_is_a_setting(original: Installation, commands: CommandServer) -> None:
    home = {**original.environment, "RETENTION_DAYS": "400"}
    done = commands.run("retention", "--dry-run", environment=home)
    assert done.output == "Nothing is older than 400 days.\n"
    too_short = commands.run("retention", "--dry-run", environment={**home, "RETENTION_DAYS": "1h"})
    assert too_short.exit_code == 2 and "RETENTION_DAYS" in too_short.errors


def test_a_damaged_archive_is_named_and_ends_in_failure(shop: Installation, commands: CommandServer) -> None:
    for entry in (shop.home.archive / "_delta_log").iterdir():
        entry.write_bytes(b"\0" * 40)
    done = commands.run("retention", environment=shop.environment)
    assert done.exit_code == 1
    assert "archive" in done.errors and str(shop.home.archive) in done.errors
    assert closed_windows(shop) == 0


def test_before_the_first_stream_it_says_so(tmp_path: Path, commands: CommandServer) -> None:
    home = Installation(tmp_path / "home")
    done = commands.run("retention", environment=home.environment)
    assert done.exit_code == 1
    assert "Traceback" not in done.errors and "clickwatch stream" in done.errors
