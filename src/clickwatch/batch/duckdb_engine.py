"""The queries of a day on DuckDB: on all cores, within a bound of memory, spilling to disk beyond it."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from clickwatch.batch.engine import DayInput
from clickwatch.batch.queries import Query
from clickwatch.domain.columns import ARCHIVE_COLUMNS
from clickwatch.errors import ArchiveError, StorageError

_MIB = 1024 * 1024


@dataclass(frozen=True)
class DuckDbRules:
    """`memory` in MiB; beyond it intermediate results go to files in `spill`."""

    memory: int
    spill: Path


class DuckDbEngine:
    """A `DayEngine` over one day."""

    def __init__(self, day: DayInput, rules: DuckDbRules) -> None:
        self._connection = duckdb.connect(
            config={"memory_limit": f"{rules.memory}MiB", "temp_directory": str(rules.spill)}
        )
        self._connection.execute("SET TimeZone = 'UTC'")
        if day.files:
            events = self._connection.read_parquet([str(file) for file in day.files], hive_partitioning=False)
            until_cut = duckdb.ColumnExpression("epoch") <= duckdb.ConstantExpression(day.cut)
            events.filter(until_cut).create_view("events")
        else:
            self._connection.register("events", ARCHIVE_COLUMNS.empty_table())

    def run(self, query: Query) -> pa.Table:
        """See `DayEngine.run`."""
        try:
            found = self._connection.sql(query.sql).to_arrow_table()
        except duckdb.OutOfMemoryException as error:
            raise StorageError(
                f"The day's {query.name} find no room: {_first_line(error)}",
                "Raise BATCH_MEMORY, or free space on the disk of CLICKWATCH_HOME",
            ) from error
        except duckdb.IOException as error:
            raise ArchiveError(
                f"The archive cannot be read: {_first_line(error)}",
                "Run the day again; if it stays so, restore a backup",
            ) from error
        return found.select(query.columns.names).cast(query.columns).combine_chunks()

    def close(self) -> None:
        """See `DayEngine.close`."""
        self._connection.close()


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
