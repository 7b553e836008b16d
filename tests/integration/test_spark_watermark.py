"""Why Spark's own watermark is not used, shown on Spark itself: the experiment of docs/on-spark.md.

partition 0:  00:00 ........ 01:00            (ahead)
partition 1:  00:00, 00:01, 00:02             (behind, in order, on time by its own watermark)
"""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import functions as F

from tests.support.spark import shared_spark

_MINUTE = 60


def write(folder: Path, name: str, minutes: list[int]) -> None:
    times = [datetime.fromtimestamp(minute * _MINUTE, UTC) for minute in minutes]
    pq.write_table(pa.table({"at": pa.array(times, pa.timestamp("us", tz="UTC"))}), folder / name)


def counted_by_spark(folder: Path, batches: list[list[int]]) -> int:
    """How many events Spark's windows have at the end, where each list is one micro-batch."""
    spark = shared_spark()
    source = folder / "in"
    source.mkdir()
    events = spark.readStream.schema("at timestamp").parquet(source.as_uri())
    windows = events.withWatermark("at", "2 minutes").groupBy(F.window("at", "10 minutes", "10 minutes")).count()
    name = f"counted_{folder.name}"
    stream = windows.writeStream.outputMode("update").format("memory").queryName(name)
    query = stream.option("checkpointLocation", (folder / "checkpoint").as_uri()).start()
    for number, minutes in enumerate(batches):
        write(source, f"{number}.parquet", minutes)
        query.processAllAvailable()
    query.stop()
    newest = spark.table(name).groupBy("window").agg(F.max("count").alias("counted"))
    return sum(row["counted"] for row in newest.collect())


def test_spark_s_watermark_loses_what_is_on_time_in_a_partition_that_lags(tmp_path: Path) -> None:
    ahead, behind = [0, 60], [0, 1, 2]
    together = tmp_path / "together"
    apart = tmp_path / "apart"
    together.mkdir()
    apart.mkdir()
    assert counted_by_spark(together, [ahead + behind]) == 5
    assert counted_by_spark(apart, [ahead, behind]) == 2, "the same events, cut otherwise"
