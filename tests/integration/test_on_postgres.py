"""An installation whose store is in PostgreSQL: the same rows, reports and answers as with the file in the home."""

import json
from pathlib import Path

import pytest

from clickwatch.domain.window import DAY
from clickwatch.store.schema import accounting, quarantine, user_segments, windows
from clickwatch.wiring.log import wall_clock
from clickwatch.wiring.retention import retention
from tests.support.commands import CommandServer
from tests.support.databases import Databases
from tests.support.day_homes import MONDAY, expected_tables
from tests.support.installations import Installation, assert_same, assert_true
from tests.support.mixed_clicks import MixedClicks
from tests.support.refused_homes import copies, edited, known_repairs, refused, refused_home

CAUGHT_UP = ("stream", "--until-caught-up", "--quiet")
SMALL = {
    "LOG_PARTITIONS": "2",
    "EPOCH_MAX_BYTES": "50000",
    "ARCHIVE_MAX_ROWS": "500",
    "ALERT_MIN_VIEWS_THRESHOLD": "30",
    "ALERT_HANDLERS": "file",
}


@pytest.fixture
def shop(tmp_path: Path, databases: Databases) -> Installation:
    """Records of a bad day on the log, nothing streamed yet; the store is to be in PostgreSQL."""
    shop = Installation(tmp_path / "shop", {**SMALL, "DATABASE_URL": databases.empty()})
    shop.append(MixedClicks(5, 2).batch(4000))
    return shop


def run(commands: CommandServer, home: Installation, *words: str) -> str:
    ended = commands.run(*words, environment=home.environment)
    assert ended.exit_code == 0, ended.errors
    return ended.output


def test_what_comes_of_a_log_is_the_same_in_both_and_what_the_reference_says(
    tmp_path: Path, shop: Installation, commands: CommandServer
) -> None:
    in_a_file = shop.with_log_of_its_own(tmp_path / "file", DATABASE_URL="")
    for home in (shop, in_a_file):
        run(commands, home, *CAUGHT_UP)
    outcome = shop.outcome()
    assert_same(outcome, in_a_file.outcome())
    assert_true(outcome, shop.truth())
    assert not shop.home.store.exists()
    listings = ("windows", "alerts", "accounting", "totals", "quarantine list")
    for words in listings:
        here, there = (run(commands, home, *words.split(), "--json") for home in (shop, in_a_file))
        assert without_moments(here) == without_moments(there), words
        assert here.count("\n") > 0


def without_moments(listing: str) -> list[dict[str, object]]:
    """The rows of a listing, without when something became known."""
    rows = [json.loads(line) for line in listing.splitlines()]
    return [{name: value for name, value in row.items() if name not in ("opened_at", "changed_at")} for row in rows]


def test_a_day_is_run_repaired_and_forgotten_as_with_a_file(
    tmp_path: Path, shop: Installation, commands: CommandServer
) -> None:
    run(commands, shop, *CAUGHT_UP)
    run(commands, shop, "batch", "--date", str(MONDAY))
    tables = expected_tables(shop, MONDAY)
    assert {name: (shop.home.reports / name).read_bytes() for name in tables} == tables
    assert "final" in run(commands, shop, "totals", "--by", "day", "--json")
    assert len(run(commands, shop, "segments", "--date", str(MONDAY), "--json").splitlines()) > 20
    run(commands, shop, "reconcile", "--date", str(MONDAY))


def test_refused_records_are_repaired_as_with_a_file(
    tmp_path: Path, databases: Databases, commands: CommandServer
) -> None:
    home = refused_home(tmp_path / "shop", [refused(n) for n in range(30)], DATABASE_URL=databases.empty())
    file = edited(home, tmp_path / "edited.jsonl")
    for _ in range(2):
        run(commands, home, "quarantine", "replay", str(file))
    assert all(repair.new_place for repair in known_repairs(home).values())
    run(commands, home, *CAUGHT_UP)
    assert max(copies(home).values()) == 1
    [account] = home.rows(accounting)
    assert (account["received"], account["accepted"], account["rejected"]) == (60, 30, 30)


def test_what_is_old_goes_as_with_a_file(shop: Installation, commands: CommandServer) -> None:
    run(commands, shop, *CAUGHT_UP)
    run(commands, shop, "batch", "--date", str(MONDAY))
    settings = shop.app_settings()
    later = wall_clock() + settings.retention_days + 2 * DAY
    removals = list(retention(settings, dry_run=False, on_kind=lambda kind: None, clock=lambda: later))
    assert [each.problem for each in removals if each.problem] == []
    gone = {each.kind: each.count for each in removals}
    assert min(gone[kind] for kind in ("refused records", "windows", "user segments")) > 20
    assert shop.rows(quarantine) == shop.rows(user_segments) == []
    assert {row["status"] for row in shop.rows(windows)} <= {"open"}


def test_another_home_cannot_go_on_with_the_store(tmp_path: Path, shop: Installation, commands: CommandServer) -> None:
    run(commands, shop, *CAUGHT_UP)
    other = Installation(tmp_path / "other", dict(shop.settings))
    other.append(MixedClicks(6, 2).batch(100))
    ended = commands.run(*CAUGHT_UP, environment=other.environment)
    assert ended.exit_code == 1
    assert "there is no archive" in ended.errors and ended.errors.count("\n") == 1
    assert_true(shop.outcome(), shop.truth())


@pytest.mark.parametrize("words", [("windows",), ("batch", "--date", str(MONDAY)), ("retention",)], ids=lambda w: w[0])
def test_before_the_first_stream_there_is_nothing_to_look_at(
    shop: Installation, commands: CommandServer, words: tuple[str, ...]
) -> None:
    ended = commands.run(*words, environment=shop.environment)
    assert ended.exit_code == 1
    assert "Nothing has been streamed yet" in ended.errors
    assert "clickwatch@" not in ended.errors
