"""Tables of a day as CSV: what a program reads back, and what a spreadsheet does not run."""

import csv
import io
from collections.abc import Mapping

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clickwatch.batch.queries import CONVERSION_RATES, TOP_PRODUCTS, USER_SEGMENTS
from clickwatch.batch.reports.csv_tables import as_csv
from clickwatch.batch.reports.factory import ReportFactory
from tests.support.day_results import DAY, HOSTILE, Rows, busy_day, results

RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""With these a spreadsheet begins to compute (OWASP, "CSV Injection")."""


def rendered(name: str, rows: Mapping[str, Rows] | None = None) -> bytes:
    return ReportFactory.create(name).render(results(rows))


def read_back(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def test_the_tables_have_the_documented_names_and_columns() -> None:
    names = ("user_segments", "top_products", "conversion_rates")
    files = {ReportFactory.create(name).file_name(DAY): rendered(name) for name in names}
    assert files == {
        "user_segments_20260126.csv": b"user_key,segment,view_count,cart_count,purchase_count\n",
        "top_products_20260126.csv": b"rank,product_id,category,view_count\n",
        "conversion_rates_20260126.csv": b"category,view_count,purchase_count,conversion_rate\n",
    }


def test_a_row_is_a_line_with_bare_numbers() -> None:
    content = rendered("user_segments", {USER_SEGMENTS.name: [["k1", "Cart Abandoner", 1234567, 2, 0]]})
    assert content.splitlines()[1] == b"k1,Cart Abandoner,1234567,2,0"


@pytest.mark.parametrize(
    ("views", "purchases", "rate"),
    [
        (200, 3, "1.50"),
        (3, 1, "33.33"),
        (3, 2, "66.67"),
        (800, 1, "0.13"),
        (1, 5, "500.00"),
        (7, 0, "0.00"),
        (0, 4, ""),
    ],
)
def test_conversion_is_in_per_cent_rounded_half_up_and_empty_without_views(
    views: int, purchases: int, rate: str
) -> None:
    content = rendered("conversion_rates", {CONVERSION_RATES.name: [["tvs", views, purchases]]})
    assert content.splitlines()[1].decode() == f"tvs,{views},{purchases},{rate}"


def test_cells_that_a_spreadsheet_would_run_get_an_apostrophe() -> None:
    rows = [[rank, product, "c", 1] for rank, product in enumerate(HOSTILE)]
    content = rendered("top_products", {TOP_PRODUCTS.name: rows})
    cells = [row[1] for row in read_back(content)[1:]]
    assert not [cell for cell in cells if cell.startswith(RUNS)]
    assert cells == [f"'{product}" if product.startswith(RUNS) else product for product in HOSTILE]


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=8)
"""The contract refuses control characters."""


@given(st.lists(st.tuples(TEXT, TEXT), max_size=20))
def test_any_text_is_read_back_as_it_was_but_for_the_apostrophe(rows: list[tuple[str, str]]) -> None:
    columns = {"a": pa.array([a for a, _ in rows], pa.string()), "b": pa.array([b for _, b in rows], pa.string())}
    found = read_back(as_csv(pa.table(columns)))
    assert found[0] == ["a", "b"]
    assert found[1:] == [[f"'{cell}" if cell.startswith(RUNS) else cell for cell in row] for row in rows]


def test_the_same_results_give_the_same_bytes() -> None:
    for name in ReportFactory.names():
        report = ReportFactory.create(name)
        assert report.render(results(busy_day())) == report.render(results(busy_day()))
