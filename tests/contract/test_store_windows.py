"""Windows and totals: rows that epochs add to, in any order and any cut."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert
from sqlalchemy.exc import IntegrityError

from clickwatch.store import totals, windows
from clickwatch.store.database import Store
from clickwatch.store.schema import hour_totals
from clickwatch.store.schema import windows as windows_table
from clickwatch.store.totals import HourTotal
from clickwatch.store.windows import WindowRow
from tests.support import stores as fixtures
from tests.support.stores import Delta, hour_deltas, window_deltas

store, stores = fixtures.store, fixtures.stores

# U+FF5E sorts after U+1F600 in UTF-16 and before it by code point.
NAMES = ["Phones", "phones", "tvs", "é", "\uff5e", "\U0001f600"]
COUNT = st.integers(0, 1000)


@st.composite
def deltas(draw: st.DrawFn) -> Delta:
    known = draw(st.booleans())
    category, time = (draw(st.sampled_from(NAMES)), draw(st.integers(-3, 3))) if known else ("unknown", None)
    start, product = draw(st.sampled_from([0, 300])), draw(st.sampled_from(["A", "b", "\uff5e", "\U0001f600"]))
    return start, product, category, time, draw(COUNT), draw(COUNT), draw(COUNT)


def expected(rows: Sequence[Delta]) -> list[HourTotal]:
    """The rule, told slowly: sums, and the category of the greatest (time, name) that is known."""
    found = []
    for start, product in sorted({row[:2] for row in rows}):
        mine = [row for row in rows if row[:2] == (start, product)]
        known = [(row[3], row[2]) for row in mine if row[3] is not None]
        category = max(known)[1] if known else "unknown"
        views, carts, purchases = sum(r[4] for r in mine), sum(r[5] for r in mine), sum(r[6] for r in mine)
        found.append(HourTotal(start, product, category, views, carts, purchases, views + carts + purchases))
    return found


def window_of(row: HourTotal) -> WindowRow:
    counts = (row.view_count, row.cart_count, row.purchase_count)
    return WindowRow(row.hour_start, row.hour_start + 600, row.product_id, row.category, *counts, "open")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(deltas(), max_size=12), data=st.data())
def test_any_order_and_cut_of_the_deltas_gives_the_same_rows(
    store: Store, rows: list[Delta], data: st.DataObject
) -> None:
    with store.begin() as c:
        c.execute(delete(windows_table))
        c.execute(delete(hour_totals))
    shuffled = data.draw(st.permutations(rows))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=3)))
    for epoch, (a, b) in enumerate(zip([0, *cuts], [*cuts, len(rows)], strict=True), start=1):
        with store.begin() as c:
            windows.add(c, epoch, window_deltas(shuffled[a:b]), now=0)
            totals.add(c, hour_deltas(shuffled[a:b]))
    with store.read() as c:
        by_window = list(windows.list_windows(c))
        by_hour = list(totals.list_totals(c))
    assert by_hour == expected(rows)
    assert by_window == [window_of(row) for row in expected(rows)]


@pytest.mark.parametrize(
    "name", ['"', "\\", "a,b", "{}", "NULL", "null", "", "'", " x ", "%s", ":a", "\\x41", "\u2028"]
)
def test_a_name_comes_out_as_it_went_in(store: Store, name: str) -> None:
    with store.begin() as c:
        windows.add(c, 1, window_deltas([(0, name, name, 5, 1, 0, 0)]), now=0)
        totals.add(c, hour_deltas([(0, name, "unknown", None, 1, 0, 0)]))
    with store.read() as c:
        assert [(row.product_id, row.category) for row in windows.list_windows(c)] == [(name, name)]
        assert [row.product_id for row in totals.list_totals(c)] == [name]


def test_a_closed_row_that_still_counts_stays_closed_with_its_new_numbers(store: Store) -> None:
    with store.begin() as c:
        windows.add(c, 1, window_deltas([(0, "A", "tvs", 5, 1, 0, 0), (300, "A", "tvs", 5, 1, 0, 0)]), now=0)
        assert windows.close(c, 599) == 0
        assert windows.close(c, 600) == 1
        assert windows.close(c, 600) == 0
    with store.begin() as c:
        windows.add(c, 2, window_deltas([(0, "A", "phones", 6, 2, 1, 1)]), now=0)
    with store.read() as c:
        assert list(windows.list_windows(c)) == [
            WindowRow(0, 600, "A", "phones", 3, 1, 1, "closed"),
            WindowRow(300, 900, "A", "tvs", 1, 0, 0, "open"),
        ]


def test_the_filters_of_the_lists_are_half_open_and_can_be_combined(store: Store) -> None:
    rows: list[Delta] = [(start, product, "c", 1, 1, 0, 0) for start in (0, 300, 600) for product in ("A", "B")]
    with store.begin() as c:
        windows.add(c, 1, window_deltas(rows), now=0)
        totals.add(c, hour_deltas(rows))
        windows.close(c, 600)
    with store.read() as c:
        assert {w.product_id for w in windows.list_windows(c, product_id="B")} == {"B"}
        assert [w.window_start for w in windows.list_windows(c, status="closed")] == [0, 0]
        assert [w.window_start for w in windows.list_windows(c, product_id="A", since=300, until=600)] == [300]
        assert [w.product_id for w in windows.list_windows(c, limit=3)] == ["A", "B", "A"]
        assert [t.hour_start for t in totals.list_totals(c, product_id="A", since=300, until=600)] == [300]
        assert [t.product_id for t in totals.list_totals(c, limit=1)] == ["A"]


def test_the_hottest_windows_come_first_and_ties_go_to_the_newest(store: Store) -> None:
    rows: list[Delta] = [(0, "A", "c", 1, 9, 0, 0), (300, "B", "c", 1, 9, 0, 0), (300, "A", "c", 1, 9, 0, 0)]
    with store.begin() as c:
        windows.add(c, 1, window_deltas([*rows, (0, "B", "c", 1, 8, 0, 0)]), now=0)
    with store.read() as c:
        assert [(w.window_start, w.product_id) for w in windows.hottest(c, 3)] == [(300, "A"), (300, "B"), (0, "A")]


def test_more_rows_than_one_block_are_listed_whole(store: Store) -> None:
    with store.begin() as c:
        windows.add(c, 1, window_deltas([(i, "A", "c", 1, 1, 0, 0) for i in range(2500)]), now=0)
    with store.read() as c:
        assert [w.window_start for w in windows.list_windows(c)] == list(range(2500))


def test_a_status_that_does_not_exist_is_refused(store: Store) -> None:
    row = {"window_start": 0, "window_end": 1, "product_id": "A", "category": "c", "category_time": None}
    counts = {"view_count": 0, "cart_count": 0, "purchase_count": 0, "epoch": 1}
    with pytest.raises(IntegrityError, match="windows_status"), store.begin() as c:
        c.execute(insert(windows_table).values(**row, **counts, status="ajar"))
