"""A real data set's way: replayed, streamed until caught up, listed; held against an independent computation."""

import csv
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.support.command import CommandLine
from tests.support.rees46_truth import windows_of
from tests.support.repository import ROOT

SMALL = ROOT / "tests" / "data" / "rees46_small.csv"
HEADER = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n"
CODES = ("electronics.smartphone", "electronics.audio", "kids.toys", "", "furniture")


@pytest.fixture
def disordered(tmp_path: Path) -> Path:
    """Two hours of events, many of them minutes late, of products whose category changes."""
    random = Random(46)
    begin = datetime(2024, 2, 29, 23, 0)
    path = tmp_path / "disordered.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write(HEADER)
        writer = csv.writer(file)
        for number in range(3000):
            behind = random.choice((0, 0, 0, 30, 200, 400, 900))
            moment = begin + timedelta(seconds=number * 7200 // 3000) - timedelta(seconds=random.randint(0, behind))
            kind = random.choice(("view", "view", "view", "cart", "remove_from_cart", "purchase"))
            product, user = random.randint(1, 20), random.randint(1, 200)
            code = random.choice(CODES)
            writer.writerow([f"{moment} UTC", kind, product, product % 5, code, "", "9.50", user, f"s{user}"])
    return path


def pipeline_windows(command: CommandLine, path: Path) -> list[dict[str, object]]:
    """What the windows are once the file has gone through everything, without their status."""
    assert command.run("replay", str(path), "--format", "rees46").returncode == 0
    assert command.run("stream", "--until-caught-up").returncode == 0
    return [{name: value for name, value in row.items() if name != "status"} for row in command.listed("windows")]


def test_the_windows_of_a_data_set_are_what_plain_python_makes_of_it(command: CommandLine) -> None:
    expected, late = windows_of(SMALL)
    assert len(expected) == 24 and late == 0
    assert pipeline_windows(command, SMALL) == expected
    # Rows that can be read and break the contract are kept apart, and accounted for.
    assert {row["reason"] for row in command.listed("quarantine", "list")} == {"unknown_event_type", "invalid:price"}
    [sheet] = command.listed("accounting")
    assert (sheet["received"], sheet["accepted"], sheet["rejected"], sheet["late"]) == (27, 25, 2, 0)


def test_events_out_of_order_count_only_in_windows_that_had_not_ended(command: CommandLine, disordered: Path) -> None:
    expected, late = windows_of(disordered)
    assert late > 300
    assert pipeline_windows(command, disordered) == expected
    [sheet] = command.listed("accounting")
    assert (sheet["received"], sheet["late"]) == (3000, late)
    totals = command.listed("totals")
    assert sum(row["view_count"] + row["cart_count"] + row["purchase_count"] for row in totals) < 3000
