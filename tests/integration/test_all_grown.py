"""A shop that has outgrown one machine in every way: its log on Kafka, its stream on Spark, its store in PostgreSQL."""

import threading
from functools import partial
from pathlib import Path

from clickwatch.batch.reports.publication import ReportShelf
from clickwatch.wiring.engines import StreamEngine, on_spark
from clickwatch.wiring.log_kinds import LogKind
from clickwatch.wiring.pipeline import embedded, run_stream
from dev.broker import Broker
from tests.support.commands import CommandServer
from tests.support.databases import Databases
from tests.support.day_homes import MONDAY, expected_tables
from tests.support.installations import assert_true
from tests.support.kafka import shop_on
from tests.support.mixed_clicks import MixedClicks
from tests.support.spark import shared_spark


def test_every_number_is_the_one_that_the_reference_says(
    tmp_path: Path, broker: Broker, databases: Databases, commands: CommandServer
) -> None:
    # Past midnight with some records to spare, so that Monday has a beginning.
    settings = {"DATABASE_URL": databases.empty(), "SPARK_EPOCH_MAX_BYTES": "200000", "ALERT_HANDLERS": "file"}
    shop = shop_on(broker, tmp_path / "shop", **settings)
    spark: StreamEngine = partial(on_spark, shared_spark())
    clicks = MixedClicks(17, 3)
    for engine in (spark, embedded, spark):
        shop.append(clicks.batch(1_600))
        run_stream(shop.app_settings(), threading.Event(), until_caught_up=True, kind=LogKind.KAFKA, engine=engine)
    assert_true(shop.outcome(), shop.truth())
    assert not shop.home.store.exists()

    night = commands.run("night", "--date", str(MONDAY), environment=shop.environment)
    assert night.exit_code == 0, night.errors
    expected, found = expected_tables(shop, MONDAY), ReportShelf(shop.home.reports).files(MONDAY)
    assert {name: found[name] for name in expected} == expected
    assert b"2026-01-26" in shop.home.alerts.read_bytes(), "the summary went out"
