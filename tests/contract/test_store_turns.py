"""Turns: one holder after another; and what other processes ask of the stream."""

import pytest

from clickwatch.errors import SecondPipeline, TurnTaken
from clickwatch.store import leases, requests
from clickwatch.store.database import Store
from clickwatch.store.turns import TurnRules, turn
from tests.support import stores as fixtures
from tests.support.fake_clock import FakeClock

store, stores = fixtures.store, fixtures.stores

TTL = 60_000_000
RULES = TurnRules(ttl=TTL, patience=5_000_000)


def test_a_turn_ends_with_its_block_also_when_that_fails(store: Store) -> None:
    clock = FakeClock()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), turn(store, "archive", clock, RULES, clock.sleep):
            raise ZeroDivisionError
    assert clock.now == 0, "nobody waited"


def test_turns_of_other_names_are_apart(store: Store) -> None:
    clock = FakeClock()
    with turn(store, "archive", clock, RULES, clock.sleep), turn(store, "upkeep", clock, RULES, clock.sleep):
        assert clock.now == 0


def test_who_comes_second_waits_until_the_first_is_done(store: Store) -> None:
    # first   ├───────────┤ 2 s
    # second     waits ───├──
    clock = FakeClock()
    with store.begin() as connection:
        token = leases.acquire(connection, "archive", "first", 0, TTL, lambda holder: False)

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if clock.now == 2_000_000:
            with store.begin() as connection:
                leases.release(connection, "archive", token)

    with turn(store, "archive", clock, RULES, sleep):
        assert clock.now == 2_000_000


def test_who_has_no_patience_left_hears_who_has_the_turn(store: Store) -> None:
    clock = FakeClock()
    with store.begin() as connection:
        leases.acquire(connection, "archive", "first", 0, TTL, lambda holder: False)
    refused = pytest.raises(TurnTaken, match=r"turn for archive: .*first holds the lease .*Let it finish")
    with refused, turn(store, "archive", clock, RULES, clock.sleep):
        pytest.fail("it is not free")
    assert clock.now == RULES.patience


def test_a_turn_that_was_taken_over_is_found_out_at_its_end(store: Store) -> None:
    clock = FakeClock()
    with pytest.raises(SecondPipeline, match="taken over"), turn(store, "archive", clock, RULES, clock.sleep):
        clock.now += TTL
        with store.begin() as connection:
            leases.acquire(connection, "archive", "second", clock.now, TTL, lambda holder: False)


def test_of_all_that_was_asked_for_the_greatest_counts(store: Store) -> None:
    for value in (3, 9, 5):
        with store.begin() as connection:
            requests.ask(connection, requests.ARCHIVE_THROUGH, value)
    with store.read() as connection:
        assert requests.asked(connection, requests.ARCHIVE_THROUGH) == 9
        assert requests.asked(connection, "something else") == 0
