"""Rows whose time is over: which they are, and that they go a few at a time."""

import pytest
from sqlalchemy import insert, select, update

from clickwatch.domain.retention import expires_at
from clickwatch.domain.window import DAY
from clickwatch.store import quarantine, windows
from clickwatch.store.database import Store
from clickwatch.store.quarantine import quarantined
from clickwatch.store.removal import Manners, count, remove
from clickwatch.store.schema import quarantine as quarantine_table
from clickwatch.store.schema import repairs
from clickwatch.store.schema import windows as windows_table
from tests.support import stores as fixtures
from tests.support.fake_clock import FakeClock
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


def with_closed_windows(store: Store, starts: int) -> None:
    """A thousand products in so many windows."""
    with store.begin() as connection:
        for start in range(starts):
            rows = [(start, f"{number:04}", "tvs", 0, 1, 0, 0) for number in range(1000)]
            windows.add(connection, 1, window_deltas(rows), now=0)
        connection.execute(update(windows_table).values(status=windows.CLOSED))


def test_rows_go_in_moments_and_others_may_write_in_between(store: Store) -> None:
    with_closed_windows(store, 2)
    clock, naps = FakeClock(), list[float]()

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        with store.begin() as connection:  # the lock is free
            windows.add(connection, 2, window_deltas([(9, f"{len(naps)}", "tvs", 0, 1, 0, 0)]), now=0)

    def monotonic() -> float:
        clock.now += 10
        return clock.now / 1000

    which = windows.expired(900 * DAY, KEEP)
    assert remove(store, windows_table, which, Manners(0.05, monotonic, sleep)) == 2000
    assert len(naps) == len([100, 200, 400, 800, 500])
    with store.read() as connection:
        assert count(connection, windows_table, which) == 0
        assert {row.window_start for row in windows.list_windows(connection)} == {9}


@pytest.mark.parametrize(
    ("held", "then"),
    [(0.0, 800), (0.001, 800), (0.010, 600), (0.015, 400), (0.030, 200), (0.5, 100)],
)
def test_the_next_rows_are_as_many_as_a_moment_is_long_for(held: float, then: int) -> None:
    assert Manners(hold=0.015).next_size(400, held) == then


def test_no_more_than_two_thousand_rows_go_at_once() -> None:
    assert Manners(hold=0.015).next_size(1500, 0.001) == 2000


def test_more_rows_go_than_are_looked_up_at_once(store: Store) -> None:
    with_closed_windows(store, 45)
    with_window(store, 50, 900 * DAY, "stays")
    which = windows.expired(900 * DAY, KEEP)
    assert remove(store, windows_table, which, Manners(hold=1, sleep=lambda seconds: None)) == 45_000
    with store.read() as connection:
        assert [row.product_id for row in windows.list_windows(connection)] == ["stays"]


def test_a_window_that_counts_again_before_its_turn_stays(store: Store) -> None:
    with_closed_windows(store, 1)
    now = 900 * DAY

    def sleep(seconds: float) -> None:
        with store.begin() as connection:
            windows.add(connection, 2, window_deltas([(0, "0999", "tvs", 0, 1, 0, 0)]), now=now)

    assert remove(store, windows_table, windows.expired(now, KEEP), Manners(hold=0, sleep=sleep)) == 999
    with store.read() as connection:
        assert [row.product_id for row in windows.list_windows(connection)] == ["0999"]


def test_a_refused_record_goes_by_its_log_time_and_its_repair_with_it(store: Store) -> None:
    places = {"old": 0, "new": 10}
    with store.begin() as connection:
        for offset, log_time in ((places["old"], 0), (places["new"], 1)):
            quarantine.add(connection, 1, [quarantined(0, offset, log_time, "not_json", b"x")])
            repair = {"partition": 0, "offset": offset, "sha256": "0" * 64, "new_partition": 0, "search_from": 0}
            connection.execute(insert(repairs), repair)
    assert remove(store, quarantine_table, quarantine.expired(KEEP - 1, KEEP)) == 0
    assert remove(store, repairs, quarantine.repaired_and_gone()) == 0
    assert remove(store, quarantine_table, quarantine.expired(KEEP, KEEP)) == 1
    assert remove(store, repairs, quarantine.repaired_and_gone()) == 1
    with store.read() as connection:
        assert [row.offset for row in connection.execute(select(repairs))] == [places["new"]]
