"""Every log with every engine: a topic of Kafka read by Spark, begun by one engine and gone on with by the other."""

import threading
from functools import partial
from pathlib import Path

import pytest

from clickwatch.speed.spark.reading import LogReader, Span
from clickwatch.wiring.engines import StreamEngine, on_spark
from clickwatch.wiring.log_kinds import LogKind
from clickwatch.wiring.pipeline import embedded, run_stream
from dev.broker import Broker
from tests.support.event_logs import lines, open_kafka, topic_of
from tests.support.installations import Installation, assert_true
from tests.support.kafka import shop_on
from tests.support.mixed_clicks import MixedClicks
from tests.support.spark import shared_spark


def catch_up(shop: Installation, engine: StreamEngine) -> None:
    run_stream(shop.app_settings(), threading.Event(), until_caught_up=True, kind=LogKind.KAFKA, engine=engine)


def test_records_of_kafka_come_to_spark_in_blocks_and_not_one_by_one(broker: Broker, tmp_path: Path) -> None:
    topic = topic_of(tmp_path)
    opened = partial(open_kafka, broker.servers(), topic)
    log = opened()
    log.append(0, lines(*[b"x" * 250] * 5000))
    log.close()
    reader = LogReader(Span(opened, {0: 0}, None, 10_000_000))
    start: dict[str, int] = reader.initialOffset()
    [everything] = reader.partitions(start, reader.latestOffset(start, None))
    sizes = [len(batch) for batch in reader.read(everything)]
    reader.stop()
    assert sum(sizes) == 5000
    assert len(sizes) < 50


def test_a_topic_is_read_by_either_engine_in_turn(broker: Broker, tmp_path: Path) -> None:
    shop = shop_on(broker, tmp_path / "shop", SPARK_EPOCH_MAX_BYTES="40000")
    spark: StreamEngine = partial(on_spark, shared_spark())
    clicks = MixedClicks(5, 3)
    for engine in (spark, embedded, spark):
        shop.append(clicks.batch(400))
        catch_up(shop, engine)
    assert_true(shop.outcome(), shop.truth())


@pytest.mark.parametrize("engine", ["spark", "embedded"])
def test_catching_up_over_partitions_of_very_different_length_loses_nothing(
    engine: str, broker: Broker, tmp_path: Path
) -> None:
    shop = shop_on(broker, tmp_path / "shop", SPARK_EPOCH_MAX_BYTES="30000", EPOCH_MAX_BYTES="30000")
    records = MixedClicks(6, 1).batch(1_500)[0].splitlines(keepends=True)
    shop.append({0: b"".join(records[:5]), 1: b"".join(records[5:60]), 2: b"".join(records[60:])})
    catch_up(shop, partial(on_spark, shared_spark()) if engine == "spark" else embedded)
    shop.append({0: b"".join(records[:5])})  # the short one wakes when the long one is far ahead
    catch_up(shop, partial(on_spark, shared_spark()) if engine == "spark" else embedded)
    truth = shop.truth()
    assert {p: account.received for p, account in truth.accounts.items()} == {0: 10, 1: 55, 2: len(records) - 60}
    assert_true(shop.outcome(), truth)
