"""Rows whose time is over: which they are, and that they go a few at a time."""

import pytest
from sqlalchemy import delete, insert, select, update

from clickwatch.domain.retention import expires_at
from clickwatch.domain.window import DAY
from clickwatch.store import quarantine, windows
from clickwatch.store.database import Store
from clickwatch.store.quarantine import quarantined
from clickwatch.store.removal import ROWS_AT_ONCE, count, remove_some
from clickwatch.store.schema import quarantine as quarantine_table
from clickwatch.store.schema import repairs
from clickwatch.store.schema import windows as windows_table
from tests.support import stores as fixtures
from tests.support.stores import window_deltas

store, stores = fixtures.store, fixtures.stores

KEEP = 30 * DAY


def with_window(store: Store, start: int, added_at: int, product: str, *, closed: bool = True) -> None:
    with store.begin() as connection:
        windows.add(connection, 1, window_deltas([(start, product, "tvs", start, 1, 0, 0)]), now=added_at)
        if closed:
            mine = windows_table.c.product_id == product
            connection.execute(update(windows_table).where(mine).values(status=windows.CLOSED))


def old_windows(store: Store, now: int) -> set[str]:
    with store.read() as connection:
        query = select(windows_table.c.product_id).where(windows.expired(now, KEEP))
        return set(connection.execute(query).scalars())


@pytest.mark.parametrize("added", [-1, 0, 1, 29, 30, 31, 400])
@pytest.mark.parametrize("slip", [-1, 0, 1])
def test_a_window_goes_at_the_moment_that_the_domain_says(store: Store, added: int, slip: int) -> None:
    start, end, added_at = 5 * DAY, 5 * DAY + 600, 5 * DAY + 600 + added * DAY
    with_window(store, start, added_at, "a")
    moment = expires_at(end, added_at, KEEP)
    assert old_windows(store, moment + slip) == ({"a"} if slip >= 0 else set())


def test_an_open_window_does_not_go(store: Store) -> None:
    with_window(store, 0, 0, "open", closed=False)
    with_window(store, 0, 0, "closed")
    assert old_windows(store, 900 * DAY) == {"closed"}


def test_rows_go_a_few_at_a_time(store: Store) -> None:
    with store.begin() as connection:
        rows = [(0, f"{number:06}", "tvs", 0, 1, 0, 0) for number in range(2 * ROWS_AT_ONCE + 1)]
        windows.add(connection, 1, window_deltas(rows), now=0)
        connection.execute(update(windows_table).values(status=windows.CLOSED))
    which = windows.expired(900 * DAY, KEEP)
    with store.begin() as connection:
        assert count(connection, windows_table, which) == 2 * ROWS_AT_ONCE + 1
        assert [remove_some(connection, windows_table, which) for _ in range(4)] == [ROWS_AT_ONCE, ROWS_AT_ONCE, 1, 0]
        assert count(connection, windows_table, which) == 0


def test_a_refused_record_goes_by_its_log_time_and_its_repair_with_it(store: Store) -> None:
    places = {"old": 0, "new": 10}
    with store.begin() as connection:
        for offset, log_time in ((places["old"], 0), (places["new"], 1)):
            quarantine.add(connection, 1, [quarantined(0, offset, log_time, "not_json", b"x")])
            repair = {"partition": 0, "offset": offset, "sha256": "0" * 64, "new_partition": 0, "search_from": 0}
            connection.execute(insert(repairs), repair)
    with store.begin() as connection:
        assert remove_some(connection, quarantine_table, quarantine.expired(KEEP - 1, KEEP)) == 0
        assert remove_some(connection, repairs, quarantine.repaired_and_gone()) == 0
        assert remove_some(connection, quarantine_table, quarantine.expired(KEEP, KEEP)) == 1
        assert remove_some(connection, repairs, quarantine.repaired_and_gone()) == 1
        assert [row.offset for row in connection.execute(select(repairs))] == [places["new"]]
        connection.execute(delete(quarantine_table))
