"""What every batch engine offers: the queries of a day, answered in Arrow."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from clickwatch.batch.queries import Query


@dataclass(frozen=True)
class DayInput:
    """The accepted events of one day: Parquet files, of whose rows those count whose `epoch` is `cut` or earlier."""

    files: Sequence[Path]
    cut: int


class DayEngine(Protocol):
    """Answers queries over the events of one day."""

    def run(self, query: Query) -> pa.Table:
        """The query's rows, in its order and with its columns. Raises ArchiveError, StorageError."""

    def close(self) -> None:
        """Give back memory and files."""
