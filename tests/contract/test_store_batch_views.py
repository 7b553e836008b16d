"""Views of days: nobody sees a draft, one is current, and the old one goes without a trace."""

import pyarrow as pa
import pytest
from sqlalchemy import func, select

from clickwatch.store import batch_views, removal, segments
from clickwatch.store.batch_views import VIEW_TABLES, BatchView
from clickwatch.store.database import Store
from clickwatch.store.removal import ROWS_AT_ONCE
from clickwatch.store.schema import top_products, user_segments
from tests.support import stores as fixtures

store, stores = fixtures.store, fixtures.stores

MONDAY, TUESDAY = 1_769_385_600_000_000, 1_769_472_000_000_000


def users(*keys: str, segment: str = "Buyer") -> pa.Table:
    count = len(keys)
    counts = {name: [1] * count for name in ("view_count", "cart_count", "purchase_count")}
    return pa.table({"user_key": list(keys), "segment": [segment] * count, **counts})


def published(store: Store, day: int, cut: int, *rows: pa.Table, is_complete: bool = True) -> int:
    with store.begin() as connection:
        view = batch_views.begin(connection, day, cut, is_complete)
    for some in rows:
        with store.begin() as connection:
            batch_views.add(connection, user_segments, view, some)
    with store.begin() as connection:
        batch_views.make_current(connection, view)
    return view


def keys(store: Store, day: int) -> list[str]:
    with store.read() as connection:
        return [row.user_key for row in segments.list_rows(connection, day)]


def remove(store: Store, view: int) -> None:
    for table in VIEW_TABLES:
        removal.remove(store, table, table.c.view_id == view)
    with store.begin() as connection:
        batch_views.forget(connection, view)


def test_a_draft_is_seen_by_nobody_until_it_is_current(store: Store) -> None:
    with store.begin() as connection:
        view = batch_views.begin(connection, MONDAY, 7, True)
        batch_views.add(connection, user_segments, view, users("a", "b"))
    assert keys(store, MONDAY) == []
    with store.read() as connection:
        assert batch_views.current(connection, MONDAY) is None
        assert batch_views.all_current(connection) == []
    with store.begin() as connection:
        batch_views.make_current(connection, view)
    assert keys(store, MONDAY) == ["a", "b"]
    with store.read() as connection:
        assert batch_views.current(connection, MONDAY) == BatchView(view, MONDAY, 7, True)


def test_a_new_view_takes_the_place_of_its_day_s_old_one_alone(store: Store) -> None:
    published(store, TUESDAY, 5, users("t"))
    old = published(store, MONDAY, 7, users("a", "b"), is_complete=False)
    new = published(store, MONDAY, 9, users("b", "c"))
    assert (keys(store, MONDAY), keys(store, TUESDAY)) == (["b", "c"], ["t"])
    with store.read() as connection:
        assert [view.cut for view in batch_views.all_current(connection)] == [9, 5]
        assert batch_views.needless(connection, MONDAY) == [old]
        assert batch_views.needless(connection, TUESDAY) == []
    assert new != old


def test_drafts_that_nobody_finished_are_needless(store: Store) -> None:
    with store.begin() as connection:
        draft = batch_views.begin(connection, MONDAY, 7, True)
    current = published(store, MONDAY, 7, users("a"))
    with store.read() as connection:
        assert batch_views.needless(connection, MONDAY) == [draft]
    assert current > draft


def test_a_view_is_removed_in_small_steps_and_the_others_stay(store: Store) -> None:
    names = [f"{number:06}" for number in range(2 * ROWS_AT_ONCE + 1)]
    pieces = [users(*names[start : start + ROWS_AT_ONCE]) for start in range(0, len(names), ROWS_AT_ONCE)]
    old = published(store, MONDAY, 7, *pieces)
    with store.begin() as connection:
        for rank in (1, 2):
            row = pa.table({"rank": [rank], "product_id": ["p"], "category": ["c"], "view_count": [1]})
            batch_views.add(connection, top_products, old, row)
    published(store, MONDAY, 8, users("a"))
    remove(store, old)
    with store.read() as connection:
        left = [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in VIEW_TABLES]
        assert left == [0, 1, 0, 0]
        assert batch_views.needless(connection, MONDAY) == []
    assert keys(store, MONDAY) == ["a"]


@pytest.mark.parametrize("name", ["=1+1", "é", "\U0001f600", "x" * 64])
def test_any_text_comes_back_as_it_was(store: Store, name: str) -> None:
    published(store, MONDAY, 1, users(name))
    assert keys(store, MONDAY) == [name]


def test_users_are_listed_by_key_and_segment_and_counted(store: Store) -> None:
    shoppers, buyers = users("c", "a", segment="Window Shopper"), users("b")
    published(store, MONDAY, 1, shoppers, buyers)
    with store.read() as connection:
        assert [row.user_key for row in segments.list_rows(connection, MONDAY)] == ["a", "b", "c"]
        chosen = segments.list_rows(connection, MONDAY, segment="Window Shopper", limit=1)
        assert [(row.day_start, row.user_key) for row in chosen] == [(MONDAY, "a")]
        assert segments.counts(connection, MONDAY) == {"Buyer": 1, "Window Shopper": 2}
        assert segments.counts(connection, TUESDAY) == {}
        assert list(segments.list_rows(connection, TUESDAY)) == []
