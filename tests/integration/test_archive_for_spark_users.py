"""The archive is a Delta table like any other: Spark's own reader finds in it what clickwatch has put there."""

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa

from clickwatch.archive.delta import DeltaArchive
from tests.support.day_homes import TUESDAY, clicks, stream
from tests.support.installations import Installation
from tests.support.mixed_clicks import BEGINS, MixedClicks
from tests.support.repository import ROOT


def read_by_delta_spark(table: Path, folder: Path) -> pa.Table:
    file = folder / "rows.arrow"
    words = ("tests.support.delta_spark", str(table), str(folder / "spark"), str(file))
    path = {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    done = subprocess.run([sys.executable, "-m", *words], env=os.environ | path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with pa.memory_map(str(file)) as source:
        return pa.ipc.open_file(source).read_all()


def test_delta_spark_reads_every_row_that_was_appended_and_compacted(tmp_path: Path) -> None:
    home = Installation(tmp_path / "home", {"ALERT_HANDLERS": "", "LOG_PARTITIONS": "2", "ARCHIVE_MAX_ROWS": "200"})
    mixed = MixedClicks(31, 2)
    for records in (*(mixed.batch(1_000) for _ in range(4)), {1: clicks(2, TUESDAY, 300)}):
        home.append(records)
        stream(home)
    archive = DeltaArchive.open(home.home.archive, create=False)
    assert archive.compact(BEGINS.date()) > 1
    expected = home.archived()
    assert len(expected) > 3_000
    found = read_by_delta_spark(home.home.archive, tmp_path)
    order = [("source_partition", "ascending"), ("source_offset", "ascending")]
    assert found.sort_by(order).select(expected.column_names).cast(expected.schema).equals(expected)
    days = {(row["event_time"].date(), row["event_date"]) for row in found.to_pylist()}
    assert len(days) > 1 and all(day == date for day, date in days)
