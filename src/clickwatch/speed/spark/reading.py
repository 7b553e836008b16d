"""Reading: any log as a stream of Spark, a data source over the log's port.

Each micro-batch is at most one block of each partition, and one task reads one partition: in offset order. Offsets
come from the store when a stream starts, and never from Spark's checkpoint.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyspark.sql.datasource import DataSource, DataSourceStreamReader, InputPartition
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructType

from clickwatch.eventlog.port import EventLog
from clickwatch.speed.spark.records import RECORDS, as_batch

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_FORMAT = "clickwatch-log"
Offsets = Mapping[int, int]
_Places = dict[str, int]
"""Offsets as Spark keeps them: by the partition's number as text."""


@dataclass(frozen=True)
class Span:
    """What is read of a log: from the offsets `start` on, `max_bytes` a micro-batch, to `until` (None: for ever).

    `opened` opens the log, in whichever process reads it.
    """

    opened: Callable[[], EventLog]
    start: Offsets
    until: Offsets | None
    max_bytes: int


def read_log(spark: "SparkSession", span: Span) -> "DataFrame":
    """The records of a log as a stream with the columns RECORDS."""

    class Source(DataSource):
        """Holds its span, rather than options, which would be shown where Spark explains itself."""

        @classmethod
        def name(cls) -> str:
            return _FORMAT

        def schema(self) -> StructType:
            return from_arrow_schema(RECORDS)

        def streamReader(self, schema: StructType) -> LogReader:
            return LogReader(span)

    spark.dataSource.register(Source)
    return spark.readStream.format(_FORMAT).load()


class _Range(InputPartition):
    """Offsets `[start, end)` of one partition."""

    def __init__(self, partition: int, start: int, end: int) -> None:
        self.partition = partition
        self.start = start
        self.end = end


class LogReader(DataSourceStreamReader):
    """What Spark asks of a source of records. The log is kept open where it is asked for news, again and again."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self._log: EventLog | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Without the open log: whoever reads opens one of its own."""
        return {"_span": self._span, "_log": None}

    def initialOffset(self) -> _Places:
        """Where the store left off."""
        return {str(partition): offset for partition, offset in self._span.start.items()}

    def latestOffset(self, start: _Places, limit: object) -> _Places:
        """The end of the next block of each partition: always between two records."""
        log = self._log = self._log or self._span.opened()
        until = self._span.until
        ends = {p: log.end_offset(int(p)) if until is None else until[int(p)] for p in start}
        waiting = [p for p, end in ends.items() if start[p] < end]
        share = self._span.max_bytes // max(len(waiting), 1)
        return start | {p: log.read(int(p), start[p], share, ends[p]).next_offset for p in waiting}

    def partitions(self, start: _Places, end: _Places) -> list[InputPartition]:
        """A range for each partition that has something new."""
        return [_Range(int(p), start[p], end[p]) for p in start if start[p] < end[p]]

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """The records of one range."""
        assert isinstance(partition, _Range)
        offset = partition.start
        with closing(self._span.opened()) as log:
            while offset < partition.end:
                block = log.read(partition.partition, offset, self._span.max_bytes, partition.end)
                if len(block):
                    yield as_batch(block)
                offset = block.next_offset

    def stop(self) -> None:
        """Close the log."""
        if self._log is not None:
            self._log.close()
