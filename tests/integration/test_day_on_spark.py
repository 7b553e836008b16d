"""A day's reports do not say which engine computed its figures."""

from pathlib import Path

import pytest

from clickwatch.batch.engine import DayEngine, DayInput
from clickwatch.batch.queries import DAY_TOTALS
from clickwatch.batch.reports.publication import ReportShelf
from clickwatch.batch.spark_engine import SparkDayEngine
from clickwatch.domain.day import Day
from clickwatch.errors import ArchiveError
from clickwatch.store import schema
from clickwatch.wiring.batch import run_day
from tests.support.day_homes import MONDAY, SUNDAY, TUESDAY, clicks, copied, expected_tables, stream
from tests.support.installations import Installation
from tests.support.spark import shared_spark


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Two days with events, Monday's in several files; in a folder whose name means something to a shell."""
    settings = {"ALERT_HANDLERS": "", "ARCHIVE_MAX_ROWS": "200"}
    home = Installation(tmp_path_factory.mktemp("shop") / "ho[m]e {a,b} *", settings)
    home.append({0: clicks(1, SUNDAY, 40, first=1200) + clicks(2, MONDAY, 900) + clicks(3, TUESDAY, 60, last=60)})
    home.append({0: clicks(4, MONDAY, 30)})
    stream(home)
    return home


def on_spark(day: DayInput) -> DayEngine:
    return SparkDayEngine(day, shared_spark())


def reports(home: Installation, day: Day) -> dict[str, bytes]:
    return dict(ReportShelf(home.home.reports).files(day))


@pytest.mark.parametrize("day", [MONDAY, Day.parse("2026-01-29")], ids=["a full day", "an empty day"])
def test_every_report_is_the_same_to_the_byte(shop: Installation, tmp_path: Path, day: Day) -> None:
    embedded, spark = copied(shop, tmp_path / "embedded"), copied(shop, tmp_path / "sp[a]rk *")
    run_day(embedded.app_settings(), day)
    outcome = run_day(spark.app_settings(), day, engine_of=on_spark)
    assert reports(spark, day) == reports(embedded, day)
    assert len(outcome.files) == 5
    expected = expected_tables(shop, day)
    assert {name: reports(spark, day)[name] for name in expected} == expected


def test_the_view_of_the_day_is_the_same(shop: Installation, tmp_path: Path) -> None:
    embedded, spark = copied(shop, tmp_path / "embedded"), copied(shop, tmp_path / "spark")
    run_day(embedded.app_settings(), MONDAY)
    run_day(spark.app_settings(), MONDAY, engine_of=on_spark)
    for table in (schema.batch_views, schema.batch_hours, schema.user_segments, schema.top_products):
        assert spark.rows(table) == embedded.rows(table) != []


def test_a_file_that_is_no_parquet_is_a_clear_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 and nothing more")
    engine = on_spark(DayInput((broken,), cut=1))
    with pytest.raises(ArchiveError, match="The archive cannot be read"):
        engine.run(DAY_TOTALS)
    engine.close()
