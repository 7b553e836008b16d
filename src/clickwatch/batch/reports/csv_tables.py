"""The tables of a day as CSV (RFC 4180, lines end in LF): columns by name, numbers bare, nothing for nothing.

A spreadsheet runs a cell that begins with one of `= + - @`, a tab or a line end as a formula (OWASP, "CSV Injection"):
text that does so gets an apostrophe before it, which spreadsheets do not show.
"""

import csv
import io

import pyarrow as pa
import pyarrow.compute as pc

from clickwatch.batch.queries import CONVERSION_RATES, TOP_PRODUCTS, USER_SEGMENTS, Query
from clickwatch.batch.results import DayResults
from clickwatch.domain.alert import conversion_rate
from clickwatch.domain.day import Day

_FORMULA = r"^[=+\-@\t\r\n]"
_ROWS_AT_ONCE = 1 << 16


class CsvTable:
    """The rows of one figure as they are."""

    def __init__(self, query: Query, has_user_rows: bool = False) -> None:
        self._query = query
        self._has_user_rows = has_user_rows

    @property
    def has_user_rows(self) -> bool:
        """See `Report`."""
        return self._has_user_rows

    def file_name(self, day: Day) -> str:
        """See `Report`."""
        return f"{self._query.name}_{day.compact}.csv"

    def render(self, results: DayResults) -> bytes:
        """See `Report`."""
        return as_csv(self._rows(results))

    def _rows(self, results: DayResults) -> pa.Table:
        return results.of(self._query)


class ConversionRates(CsvTable):
    """Views, purchases and their ratio in per cent; no ratio without views."""

    def __init__(self) -> None:
        super().__init__(CONVERSION_RATES)

    def _rows(self, results: DayResults) -> pa.Table:
        rows = super()._rows(results)
        counts = zip(rows["view_count"].to_pylist(), rows["purchase_count"].to_pylist(), strict=True)
        rates = [conversion_rate(views, purchases) for views, purchases in counts]
        return rows.append_column(
            "conversion_rate", pa.array([None if r is None else str(r) for r in rates], pa.string())
        )


def user_segments() -> CsvTable:
    """One row per user."""
    return CsvTable(USER_SEGMENTS, has_user_rows=True)


def top_products() -> CsvTable:
    """The five most viewed products."""
    return CsvTable(TOP_PRODUCTS)


def as_csv(table: pa.Table) -> bytes:
    """A table with its column names as the first line."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.column_names)
    for rows in table.to_batches(max_chunksize=_ROWS_AT_ONCE):
        writer.writerows(zip(*(_defused(column).to_pylist() for column in rows.columns), strict=True))
    return text.getvalue().encode()


def _defused(column: pa.Array) -> pa.Array:
    if not pa.types.is_string(column.type):
        return column
    return pc.if_else(pc.match_substring_regex(column, _FORMULA), pc.binary_join_element_wise("'", column, ""), column)
