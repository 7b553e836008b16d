"""Chaos and its score through the command line: killed, run live, touched, asked wrongly; and as the page says."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.support.chaos_homes import chaotic
from tests.support.commands import CommandServer, Ended
from tests.support.installations import Installation
from tests.support.proof import proof_scale
from tests.support.repository import ROOT

CHAOS = ("produce", "--profile", "chaos", "--start", "2026-01-26T22:30:00Z", "--seed", "7")
STREAM = ("stream", "--until-caught-up")
SCORE = ("score", "--truth", "truth.json")
CAPITALS = re.compile(r"^.*DIFFER.*$", re.MULTILINE)


class Shop:
    """A home and its commands, run in the test's folder."""

    def __init__(self, home: Installation, commands: CommandServer) -> None:
        self.home, self.commands = home, commands

    def run(self, *arguments: str) -> Ended:
        return self.commands.run(*arguments, environment=self.home.environment)

    def done(self, *arguments: str) -> str:
        """What a command says that does what it is asked."""
        ended = self.run(*arguments)
        assert ended.exit_code == 0, ended.errors + "".join(CAPITALS.findall(ended.output))
        return ended.output

    def refused(self, *arguments: str) -> str:
        """The complaint of a command that says nothing else, and exits with 2."""
        ended = self.run(*arguments)
        assert (ended.exit_code, ended.output) == (2, "")
        return ended.errors

    def chaos(self, events: int = 3000) -> None:
        self.done(*CHAOS, "--events", str(events), "--truth", "truth.json")

    def read(self) -> int:
        """How many bytes of the log have been processed."""
        if not self.home.home.store.exists():
            return 0
        with closing(sqlite3.connect(self.home.home.store)) as store:
            return int(store.execute("SELECT coalesce(sum(next_offset), 0) FROM progress").fetchone()[0])


@pytest.fixture
def shop(commands: CommandServer, tmp_path: Path) -> Shop:
    return Shop(chaotic(tmp_path / "home"), commands)


def truth() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(Path("truth.json").read_bytes())
    return document


def test_chaos_that_was_streamed_and_reported_scores_in_full(shop: Shop) -> None:
    said = shop.done(*CHAOS, "--events", "3000", "--truth", "truth.json")
    assert "3,000 events (" in said and "What has to come of them is in truth.json" in said
    shop.done(*STREAM)
    for day in ("2026-01-26", "2026-01-27"):
        shop.done("batch", "--date", day)
        assert "both layers agree" in shop.done("reconcile", "--date", day)
    said = shop.done(*SCORE)
    assert "answers agree with truth.json" in said and "not run" not in said and "DIFFERS" not in said


def test_the_score_as_json_is_one_object_per_question(shop: Shop) -> None:
    shop.chaos()
    shop.done(*STREAM)
    rows = {row["what"]: row for row in map(json.loads, shop.done(*SCORE, "--json").splitlines())}
    agrees = {"verdict": "agrees", "difference_count": 0, "differences": []}
    assert rows["received"] == {"what": "received", "expected": 3000, "found": 3000, **agrees}
    assert rows["windows"]["expected"] == len(truth()["windows"]) > 500
    assert rows["batch layer: 2026-01-26"]["verdict"] == "not run"
    assert rows["batch layer: 2026-01-26"]["found"] is None


def test_a_stream_that_is_killed_again_and_again_scores_in_full(commands: CommandServer, tmp_path: Path) -> None:
    home = chaotic(tmp_path / "home", EPOCH_MAX_BYTES="60000", ARCHIVE_MAX_ROWS="2000", EPOCH_INTERVAL="10ms")
    shop = Shop(home, commands)
    shop.chaos(events=30_000)
    whole, random, kills = sum(row["bytes"] for row in truth()["partitions"]), Random(7), 0
    for _ in range(8 * proof_scale()):
        at = shop.read()
        running = shop.commands.start(*STREAM, environment=shop.home.environment)
        wanted = at + random.randint(1, whole // 5)
        while shop.read() < min(wanted, whole):
            time.sleep(0.002)
        running.send(signal.SIGKILL)
        kills += running.end().exit_code == -signal.SIGKILL
        if shop.read() >= whole:
            break
    assert kills >= 3
    shop.done(*STREAM)
    assert "answers agree" in shop.done(*SCORE)
    shop.done("batch", "--date", "2026-01-26")
    shop.done("reconcile", "--date", "2026-01-26")
    assert "both layers agree: 2026-01-26" in shop.done(*SCORE)


def test_a_stream_that_runs_while_chaos_is_produced_closes_and_confirms_all(
    commands: CommandServer, tmp_path: Path
) -> None:
    home = chaotic(tmp_path / "home", partitions=4, IDLE_AFTER="500ms", EPOCH_MAX_BYTES="200000")
    shop = Shop(home, commands)
    running = commands.start("stream", environment=home.environment)
    try:
        shop.chaos(events=20_000)
        whole = sum(row["bytes"] for row in truth()["partitions"])
        _wait_for(lambda: shop.read() == whole and not _open_windows(home))
    finally:
        running.send(signal.SIGINT)
        ended = running.end()
    assert "answers agree" in shop.done(*SCORE), ended.errors
    assert truth()["closed_until"] is None, "an empty partition holds all windows open, for watermarks alone"
    statuses = {json.loads(line)["status"] for line in shop.done("alerts", "--json").splitlines()}
    assert "confirmed" in statuses and "open" not in statuses


def _open_windows(home: Installation) -> int:
    with closing(sqlite3.connect(home.home.store)) as store:
        return int(store.execute("SELECT count(*) FROM windows WHERE status = 'open'").fetchone()[0])


def _wait_for(reached: Any) -> None:
    until = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < until, "it does not get there"
        time.sleep(0.05)


def test_a_number_that_was_touched_ends_with_1_and_is_named(shop: Shop) -> None:
    shop.chaos()
    shop.done(*STREAM)
    first = truth()["windows"][0]
    with closing(sqlite3.connect(shop.home.home.store)) as store, store:
        store.execute("UPDATE windows SET view_count = view_count + 7 ORDER BY window_start, product_id LIMIT 1")
    ended = shop.run(*SCORE)
    assert ended.exit_code == 1
    assert "windows: 1 difference\n" in ended.output and " DIFFERS" in ended.output
    more = first["view_count"] + 7
    assert f"  {first['window_start']} {first['product_id']}: view_count is {more} in place of" in ended.output
    assert "1 of 40 answers DIFFER from truth.json." in ended.output
    [row] = [row for row in map(json.loads, shop.run(*SCORE, "--json").output.splitlines()) if row["difference_count"]]
    assert (row["what"], row["verdict"]) == ("windows", "DIFFERS")


def test_an_alert_that_was_removed_ends_with_1_and_is_named(shop: Shop) -> None:
    shop.chaos()
    shop.done(*STREAM)
    with closing(sqlite3.connect(shop.home.home.store)) as store, store:
        assert store.execute("DELETE FROM alerts WHERE product_id = 'BURST_ABOVE'").rowcount > 0
    ended = shop.run(*SCORE)
    assert ended.exit_code == 1
    assert " BURST_ABOVE flash_sale: is missing\n" in ended.output


def test_what_differs_in_a_hostile_row_does_not_reach_the_terminal(shop: Shop) -> None:
    shop.chaos()
    shop.done(*STREAM)
    with closing(sqlite3.connect(shop.home.home.store)) as store, store:
        store.execute("UPDATE windows SET product_id = product_id || char(27) || '[31m' || char(8238) || '[red]'")
    ended = shop.run(*SCORE)
    assert ended.exit_code == 1
    assert "\\x1b[31m\\u202e[red]: ought not to be there" in ended.output
    assert "\x1b" not in ended.output and "\u202e" not in ended.output


def test_the_same_seed_makes_the_same_truth_file(shop: Shop, commands: CommandServer, tmp_path: Path) -> None:
    shop.chaos()
    first = Path("truth.json").read_bytes()
    Path("truth.json").unlink()
    Shop(chaotic(tmp_path / "other"), commands).chaos()
    assert Path("truth.json").read_bytes() == first


def test_before_all_is_processed_nothing_is_scored(shop: Shop) -> None:
    shop.chaos()
    assert "Nothing has been streamed yet" in shop.refused(*SCORE)
    shop.done(*STREAM)
    with closing(sqlite3.connect(shop.home.home.store)) as store, store:
        store.execute("UPDATE progress SET next_offset = next_offset - 1 WHERE partition = 0")
    said = shop.refused(*SCORE)
    assert said.startswith("clickwatch: Not all of the log has been processed: ") and said.count("\n") == 1


def test_a_truth_file_that_is_missing_broken_or_of_another_version_is_named(shop: Shop) -> None:
    assert "The truth file truth.json cannot be read: no such file or directory" in shop.refused(*SCORE)
    shop.chaos()
    shop.done(*STREAM)
    whole = Path("truth.json").read_text("utf-8")
    for text, says in (
        (whole[:-100], "truth.json is no truth file: it is not JSON"),
        (whole.replace('"version": 1', '"version": 9'), "is of version 9, and this clickwatch reads 1"),
        (whole.replace('"view_count": ', '"view_count": -0.', 1), "is damaged at windows.0.view_count"),
    ):
        Path("truth.json").write_text(text, "utf-8")
        said = shop.refused(*SCORE)
        assert says in said and said.count("\n") == 1


def test_chaos_refuses_a_log_with_records_and_a_file_that_is_there(shop: Shop) -> None:
    shop.chaos()
    assert "truth.json is there already" in shop.refused(*CHAOS, "--truth", "truth.json")
    ended = shop.run(*CHAOS, "--truth", "other.json")
    assert ended.exit_code == 1 and "The log of this home holds records already" in ended.errors
    assert "set CLICKWATCH_HOME to a new folder" in ended.errors
    assert not Path("other.json").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["produce", "--profile", "chaos"], "Invalid value for --truth"),
        (["produce", "--truth", "truth.json", "--duration", "1s"], "Invalid value for --truth"),
        (["produce", "--profile", "chaos", "--truth", "t", "--date", "2026-01-26"], "Invalid value for --date"),
        (["score"], "Missing option '--truth'"),
    ],
)
def test_a_wrong_argument_is_named(shop: Shop, arguments: list[str], says: str) -> None:
    assert says in " ".join(shop.refused(*arguments).replace("│", " ").split())
    assert not Path("truth.json").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--events", "10"], "Chaos of 10 records cannot be made"),
        (["--start", "2126-01-26T00:00:00Z"], "Chaos has to lie in the past"),
        (["--duration", "1s", "--events", "1000"], "a minute at least"),
    ],
)
def test_chaos_that_cannot_be_made_leaves_nothing_behind(shop: Shop, arguments: list[str], says: str) -> None:
    ended = shop.run("produce", "--profile", "chaos", "--truth", "truth.json", *arguments)
    assert ended.exit_code == 1 and says in ended.errors
    assert not Path("truth.json").exists()
    shop.chaos()


def test_chaos_that_is_stopped_on_the_way_leaves_no_truth_and_says_so(shop: Shop) -> None:
    running = shop.commands.start(
        *CHAOS, "--events", "600000", "--truth", "truth.json", environment=shop.home.environment
    )
    _wait_for(lambda: any(shop.home.home.log.rglob("*.index")) and _log_bytes(shop.home) > 0)
    running.send(signal.SIGINT)
    ended = running.end()
    assert ended.exit_code == 128 + signal.SIGINT
    assert "Stopped. " in ended.output and "What has to come" not in ended.output
    assert "The log holds a part of the chaos, of which there is no truth" in ended.errors
    assert not Path("truth.json").exists()


def _log_bytes(home: Installation) -> int:
    return sum(path.stat().st_size for path in home.home.log.rglob("*.index"))


def test_chaos_that_meets_a_full_disk_leaves_no_truth(shop: Shop) -> None:
    ended = shop.commands.run(
        *CHAOS, "--events", "20000", "--truth", "truth.json", environment=shop.home.environment, file_size=400_000
    )
    assert ended.exit_code == 1 and "file too large" in ended.errors.lower()
    assert not Path("truth.json").exists()


def test_the_page_s_commands_work_as_they_are_written(tmp_path: Path) -> None:
    [block] = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "chaos.md").read_text("utf-8"), re.DOTALL)
    folder = tmp_path / "empty"
    folder.mkdir()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        ["sh", "-e", "-c", block],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "CLICKWATCH_HOME"} | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("answers agree with truth.json") == 2
    assert "2026-01-26: both layers agree" in ran.stdout


def test_the_page_names_every_kind_trait_and_member_of_the_file(shop: Shop) -> None:
    shop.chaos()
    page = (ROOT / "docs" / "chaos.md").read_text("utf-8")
    document = truth()
    names = {*document, *document["kinds"], *document["traits"], *document["origin"]}
    for rows in ("breakages", "partitions", "windows", "alerts", "hours"):
        names |= document[rows][0].keys()
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []
