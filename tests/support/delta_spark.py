"""Reads a Delta table with delta-spark, in a process of its own, and writes its rows down as Arrow.

Arguments: the table's folder, a folder for Spark, and the file to write.
"""

import sys
from pathlib import Path

import pyarrow as pa

from clickwatch.speed.spark.session import SparkRules, spark_session
from dev.jars import delta_jars
from tests.support.spark import QUICK


def main(table: Path, scratch: Path, file: Path) -> None:
    """Read it as people do who know nothing of clickwatch."""
    delta = {
        "spark.jars": ",".join(map(str, sorted(delta_jars().glob("*.jar")))),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    }
    with spark_session(SparkRules("local[2]", scratch, QUICK | delta)) as spark:
        rows = spark.read.format("delta").load(str(table)).toArrow()
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, rows.schema) as writer:
        writer.write_table(rows)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
