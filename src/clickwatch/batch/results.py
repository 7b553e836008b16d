"""The figures of a day together, as the reports and the store take them."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from clickwatch.batch.queries import Query
from clickwatch.domain.day import Day


@dataclass(frozen=True)
class DayResults:
    """`is_complete`: no event of the day was to be expected any more but late ones. `tables` are by query name."""

    day: Day
    is_complete: bool
    tables: Mapping[str, pa.Table]

    def of(self, query: Query) -> pa.Table:
        """The rows of a figure."""
        return self.tables[query.name]
