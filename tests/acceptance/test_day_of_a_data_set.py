"""A real data set's day: the reports are what plain Python makes of the file."""

from pathlib import Path

import pytest

from clickwatch.intake.pseudonym import Pseudonymiser
from tests.support import day_truth
from tests.support.command import CommandLine
from tests.support.installations import KEY
from tests.support.rees46_truth import day_events, events_of
from tests.support.repository import ROOT

SMALL = ROOT / "tests" / "data" / "rees46_small.csv"
HEADER = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n"
user_key = Pseudonymiser(bytes.fromhex(KEY)).user_key


@pytest.fixture
def command(tmp_path: Path) -> CommandLine:
    """The command line in a fresh home, under a key that is known here."""
    home = tmp_path / "shop"
    home.mkdir()
    return CommandLine(home, settings={"PSEUDONYM_KEY": KEY, "ALERT_HANDLERS": ""})


def taken_in(command: CommandLine, path: Path) -> None:
    assert command.run("replay", str(path), "--format", "rees46").returncode == 0
    assert command.run("stream", "--until-caught-up").returncode == 0


def reported(command: CommandLine, day: str) -> dict[str, bytes]:
    """The reports of a day by name, once it has been run."""
    done = command.run("batch", "--date", day)
    assert done.returncode == 0, done.stderr
    compact = day.replace("-", "")
    return {path.name: path.read_bytes() for path in (command.home / "reports").glob(f"*_{compact}.*")}


def test_the_reports_of_a_data_set_are_what_plain_python_makes_of_it(command: CommandLine) -> None:
    taken_in(command, SMALL)
    days = sorted({f"{moment:%Y-%m-%d}" for moment, _ in events_of(SMALL)})
    assert days
    for day in days:
        events = day_events(SMALL, day, user_key)
        expected = day_truth.reports(events, day)
        found = reported(command, day)
        assert {name: found[name] for name in expected} == expected
        amount = day_truth.revenue(events).get(None)
        assert (
            amount is None
            or f"{amount:,}   (no currency given)" in found[f"daily_summary_{day.replace('-', '')}.txt"].decode()
        )


def test_running_a_day_twice_gives_identical_bytes(command: CommandLine) -> None:
    taken_in(command, SMALL)
    day = SMALL.read_text("utf-8").splitlines()[1][:10]
    first = reported(command, day)
    assert len(first) == 5
    assert reported(command, day) == first


def test_an_event_counts_on_the_day_it_happened_however_late_it_came(command: CommandLine, tmp_path: Path) -> None:
    # 2024-02-28 ... 23:59:59 │ 2024-02-29 00:00:00 ... , and one of the 28th comes last
    path = tmp_path / "midnight.csv"
    row = "{} UTC,view,{},1,toys.cars,,1.00,7,s\n"
    moments = ["2024-02-28 23:59:59", "2024-02-29 00:00:00", "2024-02-29 12:00:00", "2024-02-28 08:00:00"]
    path.write_text(HEADER + "".join(row.format(moment, n) for n, moment in enumerate(moments)))
    taken_in(command, path)
    tops = {
        day: reported(command, day)[f"top_products_{day.replace('-', '')}.csv"] for day in ("2024-02-28", "2024-02-29")
    }
    assert tops == {
        "2024-02-28": b"rank,product_id,category,view_count\n1,0,toys,1\n2,3,toys,1\n",
        "2024-02-29": b"rank,product_id,category,view_count\n1,1,toys,1\n2,2,toys,1\n",
    }
