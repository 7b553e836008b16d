"""The page about patterns: its names are there, its examples run, and what they define does what the page says."""

import importlib
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from clickwatch.batch.queries import DAY_TOTALS
from clickwatch.batch.reports.factory import ReportFactory
from clickwatch.batch.reports.report import Report
from clickwatch.batch.results import DayResults
from clickwatch.cli.produce import Profile
from clickwatch.domain.day import Day
from clickwatch.sources.profiles import DataGeneratorFactory, Wish
from clickwatch.speed.alerts.handlers.port import AlertHandler, DeliveryError
from clickwatch.speed.alerts.message import BEGINNING, END, AlertMessage
from tests.support.pages import PageReader, blocks, is_printed
from tests.support.repository import ROOT

PAGE = ROOT / "docs" / "patterns.md"
EXAMPLES = [block for block in blocks(PAGE) if block.kind == "python"]
NAMED = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| `([\w.]+)` \|$", PAGE.read_text("utf-8"), re.MULTILINE)


def defined(name: str) -> Any:
    """What an example of the page defines under a name."""
    (example,) = (each.text for each in EXAMPLES if re.search(rf"^(?:class|def) {name}\b", each.text, re.MULTILINE))
    names: dict[str, Any] = {}
    exec(compile(example, PAGE.name, "exec"), names)
    return names[name]


@pytest.mark.parametrize(("names", "module"), NAMED, ids=[module for _, module in NAMED])
def test_the_names_of_a_pattern_are_where_the_page_says(names: str, module: str) -> None:
    found = importlib.import_module(module)
    assert [name for name in re.findall(r"\w+", names) if not hasattr(found, name)] == []


def test_the_page_names_the_patterns() -> None:
    names = set(re.findall(r"\w+", " ".join(each for each, _ in NAMED)))
    assert {"AppSettings", "DataGeneratorFactory", "ReportFactory", "AlertHandler", "Outbox", "EventLog"} <= names


def test_the_examples_run_and_print_what_the_page_shows(tmp_path: Path) -> None:
    reader = PageReader(tmp_path)
    page = blocks(PAGE)
    for block, following in zip(page, [*page[1:], None], strict=True):
        if block.kind == "python":
            shown = following.text if following is not None and following.kind == "text" else ""
            assert is_printed(shown, reader.run(block)), block.text


def test_a_profile_as_the_page_adds_it_makes_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DataGeneratorFactory._MAKERS, "rush", defined("rush"))
    wish = Wish(now=0, seed=1, rate=1.0, high_interest=())
    generator = DataGeneratorFactory.create("rush", wish)
    assert sum(len(batch.lines) for batch in generator.batches()) == 600
    assert {profile.value for profile in Profile} == set(DataGeneratorFactory.profiles()) - {"rush"}


def test_a_report_as_the_page_adds_it_is_one_of_the_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ReportFactory._MAKERS, "day_totals", defined("TotalsAsJson"))
    assert "day_totals" in ReportFactory.names()
    report: Report = ReportFactory.create("day_totals")
    day = Day.parse("2026-01-26")
    totals = dict.fromkeys(DAY_TOTALS.columns.names, 3)
    results = DayResults(day, True, {DAY_TOTALS.name: pa.Table.from_pylist([totals], schema=DAY_TOTALS.columns)})
    assert report.file_name(day) == "day_totals_20260126.json"
    assert json.loads(report.render(results)) == totals
    assert not report.has_user_rows


def test_a_handler_as_the_page_adds_it_follows_an_episode(tmp_path: Path) -> None:
    lamp = tmp_path / "lamp"
    handler: AlertHandler = defined("LampHandler")(lamp)
    seen = []
    for kind in (BEGINNING, END):
        handler.deliver(message(kind), f"e:{kind}:lamp")
        seen.append(lamp.read_text("utf-8"))
    assert (handler.name, seen) == ("lamp", ["1", "0"])


def test_a_handler_that_fails_as_the_page_says_is_asked_again(tmp_path: Path) -> None:
    handler: AlertHandler = defined("LampHandler")(tmp_path / "no such folder" / "lamp")
    with pytest.raises((DeliveryError, OSError)):
        handler.deliver(message(BEGINNING), "e:beginning:lamp")


def message(kind: str) -> AlertMessage:
    """A message about some episode."""
    return AlertMessage(kind, "flash_sale", "p", "c", 0, 600_000_000, 101, 0, 0, "e")
