"""A stream on Spark that goes on and on: what is kept of past epochs does not grow with their number."""

import threading
from functools import partial
from pathlib import Path
from typing import Any

from clickwatch.speed.effects import EpochReport
from clickwatch.wiring.beginning import Watch
from clickwatch.wiring.engines import on_spark
from clickwatch.wiring.log import open_log
from clickwatch.wiring.pipeline import stream_from
from tests.support.installations import Installation, assert_true
from tests.support.mixed_clicks import MixedClicks
from tests.support.proof import proof_scale
from tests.support.spark import shared_spark

EPOCHS = 30
_MIB = 1024 * 1024


def kept_of_the_past() -> dict[str, int]:
    """What the driver's Java holds of jobs that are over, by kind."""
    spark = shared_spark()
    java = spark.sparkContext._jsc
    return {
        "blocks": java.getPersistentRDDs().size(),
        "jobs": java.sc().statusStore().jobsList(None).size(),
        "plans": spark._jsparkSession.sharedState().statusStore().executionsCount(),
    }


def heap_in_use() -> int:
    """Bytes of the driver's Java heap that are in use after all garbage has gone."""
    java: Any = shared_spark().sparkContext._jvm
    java.java.lang.System.gc()
    runtime = java.java.lang.Runtime.getRuntime()
    return int(runtime.totalMemory() - runtime.freeMemory())


def test_what_spark_keeps_of_past_epochs_is_bounded(tmp_path: Path) -> None:
    epochs = EPOCHS * proof_scale()
    settings = {"ALERT_HANDLERS": "", "SPARK_EPOCH_MAX_BYTES": "2500", "ARCHIVE_MAX_ROWS": "500"}
    home = Installation(tmp_path / "home", settings)
    home.append(MixedClicks(21, 1).batch(epochs * 20))
    heaps: list[int] = []

    def look(report: EpochReport) -> None:
        if report.number in (epochs // 2, epochs):
            heaps.append(heap_in_use())

    stream_from(
        open_log(home.app_settings()),
        home.app_settings(),
        threading.Event(),
        until_caught_up=True,
        watch=Watch(on_epoch=look),
        engine=partial(on_spark, shared_spark()),
    )
    assert_true(home.outcome(), home.truth())
    kept = kept_of_the_past()
    assert kept["blocks"] == 0
    # Spark tidies up a tenth more than it must, and later; the default is a thousand of each.
    assert all(kept[kind] <= 60 for kind in kept), kept
    before, after = heaps
    assert after - before < 16 * _MIB, f"{before:,} bytes in the middle, {after:,} at the end"
