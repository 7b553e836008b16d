"""`clickwatch batch`, `totals`, `segments` and `reconcile` as people run them."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import CommandServer, Ended
from tests.support.day_homes import MONDAY, TUESDAY, click, clicks, copied, stream
from tests.support.installations import Installation

DAY = str(MONDAY)


@dataclass(frozen=True)
class Shop:
    """An installation and its commands."""

    home: Installation
    commands: CommandServer

    def run(self, *arguments: str) -> Ended:
        """A command run to its end."""
        return self.commands.run(*arguments, environment=self.home.environment)

    def listed(self, *arguments: str) -> list[dict[str, Any]]:
        """What a command says with `--json`."""
        done = self.run(*arguments, "--json")
        assert done.exit_code == 0, done.errors
        return [json.loads(line) for line in done.output.splitlines()]

    def add(self, lines: bytes) -> None:
        """More events, streamed."""
        self.home.append({0: lines})
        stream(self.home)

    def refused(self, *arguments: str) -> tuple[int, str]:
        """Exit code and complaint of a command that prints nothing else."""
        done = self.run(*arguments)
        assert done.output == ""
        return done.exit_code, done.errors


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, commands: CommandServer) -> Shop:
    """A shop with two days, the first of them run."""
    shop = Shop(Installation(tmp_path_factory.mktemp("shop") / "home", {"ALERT_HANDLERS": ""}), commands)
    shop.add(clicks(1, MONDAY, 200) + clicks(2, TUESDAY, 20, last=60))
    assert shop.run("batch", "--date", DAY).exit_code == 0
    return shop


@pytest.fixture
def shop(original: Shop, tmp_path: Path) -> Shop:
    """A copy of it, to be changed."""
    return Shop(copied(original.home, tmp_path / "copy"), original.commands)


def statuses(shop: Shop, *arguments: str) -> dict[tuple[str, str], str]:
    start = "day_start" if "--by" in arguments else "hour_start"
    return {(row[start], row["product_id"]): row["status"] for row in shop.listed("totals", *arguments)}


def test_a_run_says_what_it_found_and_where_the_reports_are(shop: Shop) -> None:
    done = shop.run("batch", "--date", DAY)
    text = done.output
    assert text.startswith(f"{DAY}: 200 events, reported in ") and "; complete. The reports, in " in text
    names = [line.strip() for line in text.splitlines()[1:] if line.startswith("  ")]
    assert all((shop.home.home.reports / name).is_file() for name in names)
    assert sorted(names) == sorted(path.name for path in (shop.home.home.reports).glob("*_20260126.*"))
    assert done.errors == ""


def test_a_run_as_json_is_one_object_per_day(shop: Shop) -> None:
    done = shop.run("batch", "--date", DAY, "--to", str(TUESDAY), "--json")
    monday, tuesday = [json.loads(line) for line in done.output.splitlines()]
    assert (monday["day"], monday["events"], monday["complete"]) == (DAY, 200, True)
    assert (tuesday["day"], tuesday["events"], tuesday["complete"]) == (str(TUESDAY), 20, True)
    assert len(monday["reports"]) == 5 and all(Path(path).is_file() for path in monday["reports"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--date", "yesterday"], "'yesterday' is no date: write YYYY-MM-DD"),
        (["--date", "2026-02-30"], "2026-02-30 is not in the calendar"),
        (["--date", DAY, "--to", "2026-01-01"], "2026-01-01 is before 2026-01-26"),
        (["--date", DAY, "--step", "magic"], "'magic' is not one of"),
        (["--date", DAY, "--engine", "abacus"], "'abacus' is not"),
        ([], "Missing option '--date'"),
    ],
)
def test_a_wrong_argument_is_named(shop: Shop, arguments: list[str], says: str) -> None:
    code, complaint = shop.refused("batch", *arguments)
    assert code == 2
    assert says in " ".join(complaint.replace("│", " ").split())


def test_a_day_to_come_is_refused(shop: Shop) -> None:
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
    code, complaint = shop.refused("batch", "--date", tomorrow)
    assert code == 2
    assert complaint == f"clickwatch: {tomorrow} has not begun (days are UTC). Choose today or a day before it.\n"


def test_before_anything_was_streamed_every_command_says_what_to_run(commands: CommandServer, tmp_path: Path) -> None:
    shop = Shop(Installation(tmp_path / "home"), commands)
    for arguments in (["batch", "--date", DAY], ["segments"], ["totals"], ["reconcile", "--date", DAY]):
        code, complaint = shop.refused(*arguments)
        assert code == 1
        assert complaint.count("\n") == 1 and "clickwatch stream" in complaint


def test_a_late_event_shows_as_provisional_at_once_and_is_final_after_the_rerun(shop: Shop) -> None:
    assert set(statuses(shop, "--date", DAY).values()) == {"final"}
    assert set(statuses(shop, "--date", DAY, "--by", "day").values()) == {"final"}
    shop.add(click(MONDAY, 61, product_id="PROD_000") + click(MONDAY, 62, product_id="new"))
    late = {(f"{DAY}T01:00:00Z", "PROD_000"), (f"{DAY}T01:00:00Z", "new")}
    found = statuses(shop, "--date", DAY)
    assert {key for key, status in found.items() if status == "provisional"} == late
    found = statuses(shop, "--date", DAY, "--by", "day")
    assert {product for (_, product), status in found.items() if status == "provisional"} == {"PROD_000", "new"}
    assert shop.run("batch", "--date", DAY).exit_code == 0
    assert set(statuses(shop, "--date", DAY).values()) == {"final"}
    assert late <= set(statuses(shop, "--date", DAY))


def test_a_day_that_was_not_run_is_provisional(shop: Shop) -> None:
    assert set(statuses(shop, "--date", str(TUESDAY)).values()) == {"provisional"}


def test_totals_of_a_day_are_the_sums_of_its_hours(shop: Shop) -> None:
    hours = shop.listed("totals", "--date", DAY, "--product", "PROD_003")
    [day] = shop.listed("totals", "--date", DAY, "--product", "PROD_003", "--by", "day")
    for name in ("view_count", "cart_count", "purchase_count"):
        assert day[name] == sum(row[name] for row in hours)
    assert day["day_start"] == f"{DAY}T00:00:00Z"
    assert {row["product_id"] for row in hours} == {"PROD_003"}


def test_segments_are_of_the_day_and_segment_that_was_asked_for(shop: Shop) -> None:
    rows = shop.listed("segments")
    assert len(rows) > 20 and rows == shop.listed("segments", "--date", DAY)
    assert list(rows[0]) == ["day", "user_key", "segment", "view_count", "cart_count", "purchase_count"]
    buyers = shop.listed("segments", "--segment", "Buyer")
    assert buyers == [row for row in rows if row["segment"] == "Buyer"] and buyers
    text = shop.run("segments").output
    assert f"{DAY}: {len(rows)} users: {len(buyers)} Buyer, " in text
    code, complaint = shop.refused("segments", "--segment", "Whale")
    assert code == 2 and "Window Shopper" in complaint


def test_a_day_that_was_not_reported_says_how_to_report_it(shop: Shop) -> None:
    for name in ("segments", "reconcile"):
        code, complaint = shop.refused(name, "--date", "2026-01-20")
        assert code == 1
        assert complaint.endswith("2026-01-20 has not been reported yet. Run: clickwatch batch --date 2026-01-20.\n")


def test_layers_that_agree_are_an_exit_code_of_0(shop: Shop) -> None:
    done = shop.run("reconcile", "--date", DAY)
    assert done.exit_code == 0
    assert f"{DAY}: both layers agree in" in done.output
    assert shop.listed("reconcile", "--date", DAY) == []


def test_a_difference_is_shown_with_both_sides_and_an_exit_code_of_1(shop: Shop) -> None:
    with closing(sqlite3.connect(shop.home.home.store)) as store, store:
        store.execute(
            "UPDATE batch_hours SET cut_view_count = cut_view_count + 1"
            " WHERE rowid = (SELECT min(rowid) FROM batch_hours WHERE cut_view_count > 0)"
        )
    done = shop.run("reconcile", "--date", DAY)
    text = done.output
    assert done.exit_code == 1
    assert f"{DAY}: the layers DIFFER in 1 of " in text
    assert "batch" in text and "speed" in text
    cure = f"clickwatch: Run the day again: clickwatch batch --date {DAY}. If its layers differ still, "
    assert done.errors.startswith(cure) and done.errors.count("\n") == 1
    done = shop.run("reconcile", "--date", DAY, "--json")
    [row] = [json.loads(line) for line in done.output.splitlines()]
    assert done.exit_code == 1 and done.errors.startswith(cure)
    assert row["speed_view_count"] == row["batch_view_count"] + 1
