"""The DAG under Airflow: what it is made of, and that a run of it makes what `clickwatch batch` makes."""

import re
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clickwatch.batch.reports.publication import ReportShelf
from clickwatch.domain.day import Day
from clickwatch.store.schema import batch_hours, batch_views
from clickwatch.wiring.batch import run_day
from clickwatch.wiring.night import DAY, TASKS
from tests.support.airflow_runs import DAG_FILE, Airflow, answer
from tests.support.databases import Databases
from tests.support.day_homes import MONDAY, TUESDAY, clicks, copied, stream
from tests.support.installations import Installation
from tests.support.repository import ROOT
from tests.support.spark import QUICK_JAVA

COMMAND = Path(sys.executable).with_name("clickwatch")
TASK_NAMES = [task.name for task in TASKS]
AFTER_MONDAY = "2026-01-27T02:00:00+00:00"
ON_SPARK = {"BATCH_ENGINE": "spark", "SPARK_MASTER": "local[2]", "JDK_JAVA_OPTIONS": QUICK_JAVA}
KINDS = ("embedded", "spark", "embedded on PostgreSQL")


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    """An Airflow in which nothing was run."""
    made = Airflow(tmp_path_factory.mktemp("airflow"))
    made.run("db", "migrate")
    return made


@pytest.fixture(scope="module")
def described(airflow: Airflow) -> dict[str, Any]:
    """The DAG, imported where every warning is an error."""
    return airflow.described()


def streamed(folder: Path, **more: str) -> Installation:
    """A Monday and the beginning of a Tuesday."""
    home = Installation(folder, {"ALERT_HANDLERS": "file", "RETENTION_DAYS": "9999", **more})
    home.append({0: clicks(1, MONDAY, 400) + clicks(2, TUESDAY, 20, last=60)})
    stream(home)
    return home


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """That with the store in the home."""
    return streamed(tmp_path_factory.mktemp("shop") / "home")


@dataclass(frozen=True)
class Ran:
    """A run of the DAG over a shop of its own."""

    home: Installation
    found: dict[str, Any]


@pytest.fixture(scope="module")
def runs(
    airflow: Airflow, shop: Installation, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Ran]:
    """A run of each kind, side by side: two the day after, one long after for a day that is named."""
    folder = tmp_path_factory.mktemp("runs")
    embedded, spark, postgres = (folder / kind for kind in KINDS)
    homes = (
        copied(shop, embedded),
        Installation(copied(shop, spark).folder, {**shop.settings, **ON_SPARK}),
        streamed(postgres, DATABASE_URL=databases.empty()),
    )
    airflows = [airflow.copied(folder / f"airflow for {kind}") for kind in KINDS]
    begun = (
        airflows[0].begin_run(AFTER_MONDAY, homes[0]),
        airflows[1].begin_run("2026-03-01T02:00:00+00:00", homes[1], day=str(MONDAY)),
        airflows[2].begin_run(AFTER_MONDAY, homes[2]),
    )
    return {kind: Ran(home, answer(running)) for kind, home, running in zip(KINDS, homes, begun, strict=True)}


def test_the_dag_and_the_night_go_by_one_table(described: dict[str, Any]) -> None:
    assert list(described["tasks"]) == TASK_NAMES
    for task in TASKS:
        words = " ".join('"$DAY"' if word == DAY else word for word in task.words)
        assert described["tasks"][task.name]["command"] == f"exec {COMMAND} {words}"
        assert described["tasks"][task.name]["after"] == sorted(task.after)
        assert described["tasks"][task.name]["trigger_rule"].lower().endswith("all_success")


def test_it_runs_every_night_at_two_one_run_at_a_time_and_catches_up(described: dict[str, Any]) -> None:
    assert described["dag_id"] == "ecommerce_daily_segmentation"
    assert (described["timetable"], described["schedule"]) == ("CronTriggerTimetable", ["0 2 * * *", "UTC"])
    assert (described["catchup"], described["max_active_runs"]) == (True, 1)
    assert described["start_date"] == "2026-01-02T00:00:00+00:00"


def test_every_task_is_tried_again_with_growing_pauses(described: dict[str, Any]) -> None:
    for task in described["tasks"].values():
        assert (task["retries"], task["backs_off"], task["retry_delay"]) == (4, 2.0, 60)


def test_the_first_day_can_be_set(airflow: Airflow) -> None:
    assert airflow.described(CLICKWATCH_FIRST_DAY="2026-11-30")["start_date"] == "2026-12-01T00:00:00+00:00"


@pytest.mark.parametrize("name", ["run.sh", "{{ day_of }} of it's $HOME; 100 %.bash"])
def test_the_command_and_the_folder_may_have_any_name(name: str, airflow: Airflow, tmp_path: Path) -> None:
    folder = tmp_path / "a shop.sh {% if %}"
    folder.mkdir()
    command = tmp_path / name
    command.write_text('#!/bin/sh\necho "$PWD: $*"\n')
    command.chmod(0o755)
    shop = {"CLICKWATCH_COMMAND": str(command), "CLICKWATCH_FOLDER": str(folder)}
    given = answer(airflow.start("render", AFTER_MONDAY, shop=shop))
    shell = ["bash", "-c", given["command"]]
    done = subprocess.run(shell, cwd=given["folder"], env=given["variables"], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"{folder}: wait --date 2026-01-26\n", "")


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_does_every_task(kind: str, runs: dict[str, Ran]) -> None:
    found = runs[kind].found
    assert found["state"] == "success", found["said"]
    assert found["tasks"] == dict.fromkeys(sorted(TASK_NAMES), "success")


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_makes_byte_for_byte_what_the_batch_makes(
    kind: str, runs: dict[str, Ran], shop: Installation, tmp_path: Path
) -> None:
    plain = copied(shop, tmp_path / "plain")
    run_day(plain.app_settings(), MONDAY)
    home = runs[kind].home
    expected = ReportShelf(plain.home.reports).files(MONDAY)
    assert len(expected) == 5
    assert ReportShelf(home.home.reports).files(MONDAY) == expected
    for table in (batch_views, batch_hours):
        assert home.rows(table) == plain.rows(table)
    assert len(home.home.alerts.read_bytes().splitlines()) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_commands_say_is_in_the_tasks_logs(kind: str, runs: dict[str, Ran]) -> None:
    said = runs[kind].found["said"]
    assert re.search(r"2026-01-26 is complete\.", said)
    assert re.search(r"2026-01-26: both layers agree in ", said)


def test_a_day_that_there_is_not_fails_at_once_and_nothing_after_it_begins(
    airflow: Airflow, shop: Installation, tmp_path: Path
) -> None:
    home = copied(shop, tmp_path / "home")
    found = answer(airflow.copied(tmp_path / "airflow").begin_run("2026-01-26T02:00:00+00:00", home))
    assert found["state"] == "failed"
    assert found["tasks"] == {**dict.fromkeys(TASK_NAMES, "upstream_failed"), "wait": "failed"}
    assert "2026-01-25 was before the first event, which is of 2026-01-26" in found["said"]
    assert "clickwatch says above what is wrong" in found["said"]
    assert not home.home.reports.exists()


@pytest.mark.parametrize("day", ["2026-1-26", "yesterday", '2026-01-26"; touch owned; "'])
def test_a_day_that_is_no_date_never_becomes_a_run(
    day: str, airflow: Airflow, shop: Installation, tmp_path: Path
) -> None:
    refused = airflow.copied(tmp_path / "airflow")
    running = refused.begin_run(AFTER_MONDAY, copied(shop, tmp_path / "home"), day=day)
    said, _ = running.communicate(timeout=120)
    assert running.returncode != 0 and "Invalid input for param day" in said
    assert not list(tmp_path.rglob("owned"))


def backfill_of_the_page() -> list[str]:
    """The words after `airflow`; a line may go on after a backslash."""
    page = (ROOT / "docs" / "every-night.md").read_text("utf-8").replace("\\\n", "")
    [line] = re.findall(r"^    airflow (backfill create .+)$", page, re.MULTILINE)
    return shlex.split(line)


def test_the_backfill_of_the_page_has_a_run_for_each_day_of_its_month(airflow: Airflow, tmp_path: Path) -> None:
    other = airflow.copied(tmp_path / "airflow")
    other.run("dags", "reserialize", CLICKWATCH_FIRST_DAY="2025-12-01")
    said = other.run(*backfill_of_the_page(), "--dry-run", CLICKWATCH_FIRST_DAY="2025-12-01")
    runs = re.findall(r"(\d{4}-\d{2}-\d{2}) 02:00:00", said)
    january = list(Day.parse("2026-01-01").through(Day.parse("2026-01-31")))
    assert sorted(set(runs)) == [str(Day.of(day.end)) for day in january]


def test_the_backfill_of_the_page_has_one_run_go_on_at_a_time(airflow: Airflow, tmp_path: Path) -> None:
    other = airflow.copied(tmp_path / "airflow")
    other.run("dags", "reserialize", CLICKWATCH_FIRST_DAY="2025-12-01")
    other.run(*backfill_of_the_page(), CLICKWATCH_FIRST_DAY="2025-12-01")
    with closing(sqlite3.connect(other.home / "airflow.db")) as database:
        assert database.execute("select max_active_runs from backfill").fetchall() == [(1,)]


def test_the_day_is_nothing_that_a_shell_reads() -> None:
    text = DAG_FILE.read_text("utf-8")
    assert [line for line in text.splitlines() if "{{" in line] == [
        '        env={"DAY": "{{ day_of(params, dag_run) }}"},'
    ]
