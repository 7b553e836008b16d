"""The queries of a day on Spark: the same SQL files over the same Parquet files as DuckDB."""

from typing import TYPE_CHECKING

import pyarrow as pa
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql.pandas.types import from_arrow_schema

from clickwatch.batch.engine import DayInput
from clickwatch.batch.queries import Query
from clickwatch.domain.columns import ARCHIVE_COLUMNS
from clickwatch.errors import ArchiveError, StorageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_GLOB = str.maketrans({character: f"\\{character}" for character in "\\*?[]{}"})
_NO_ROOM = "No space left on device"


class SparkDayEngine:
    """A `DayEngine` over one day, in a session of its own: `events` is seen by no other."""

    def __init__(self, day: DayInput, spark: "SparkSession") -> None:
        self._spark = spark.newSession()
        files = [f"file://{str(file.absolute()).translate(_GLOB)}" for file in day.files]
        columns = from_arrow_schema(ARCHIVE_COLUMNS)
        reader = self._spark.read.schema(columns)
        events = reader.parquet(*files) if files else self._spark.createDataFrame([], columns)
        events.where(events["epoch"] <= day.cut).createOrReplaceTempView("events")

    def run(self, query: Query) -> pa.Table:
        """See `DayEngine.run`."""
        try:
            found = self._spark.sql(query.sql).toArrow()
        except (PySparkException, Py4JJavaError) as error:
            raise _as_ours(query, error) from error
        return found.select(query.columns.names).cast(query.columns).combine_chunks()

    def close(self) -> None:
        """See `DayEngine.close`. The session's Spark goes on."""
        self._spark.catalog.dropTempView("events")


def _as_ours(query: Query, error: PySparkException | Py4JJavaError) -> ArchiveError | StorageError:
    reason = _reason(error)
    if _NO_ROOM in reason:
        return StorageError(f"The day's {query.name} find no room: {_NO_ROOM}", "Free space on Spark's disk")
    return ArchiveError(f"The archive cannot be read: {reason}", "Run the day again; if it stays so, restore a backup")


def _reason(error: PySparkException | Py4JJavaError) -> str:
    """The first line of what went wrong first."""
    text = str(error)
    if isinstance(error, Py4JJavaError):
        cause = error.java_exception
        while (deeper := cause.getCause()) is not None:
            cause = deeper
        text = str(cause.getMessage())
    return text.splitlines()[0] if text else type(error).__name__
