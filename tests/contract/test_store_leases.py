"""Leases: one holder at a time, and a token that stops those of before."""

import pytest

from clickwatch.errors import SecondPipeline
from clickwatch.store import epochs, leases
from clickwatch.store.database import Store
from tests.support import stores as fixtures

store, stores = fixtures.store, fixtures.stores

TTL = 30_000_000


def alive(holder: str) -> bool:
    return False


def dead(holder: str) -> bool:
    return True


def take(store: Store, holder: str, now: int, is_dead: leases.DeathProof = alive) -> int:
    with store.begin() as c:
        return leases.acquire(c, "archive", holder, now, TTL, is_dead)


def test_a_held_lease_is_refused_with_the_holder_and_its_end(store: Store) -> None:
    take(store, "first", 1_000_000)
    with pytest.raises(SecondPipeline, match="first holds the lease archive until 1970-01-01T00:00:31Z"):
        take(store, "second", 30_999_999)


def test_leases_of_other_names_are_apart(store: Store) -> None:
    take(store, "first", 0)
    with store.begin() as c:
        assert leases.acquire(c, "pipeline", "second", 0, TTL, alive) == 1


def test_an_expired_lease_is_taken_over_with_a_greater_token(store: Store) -> None:
    first = take(store, "first", 0)
    assert take(store, "second", TTL) > first


def test_the_lease_of_a_dead_holder_is_taken_over_at_once(store: Store) -> None:
    asked: list[str] = []

    def is_dead(holder: str) -> bool:
        asked.append(holder)
        return True

    first = take(store, "first", 0)
    assert take(store, "second", 1, is_dead) > first
    assert asked == ["first"]


def test_a_renewed_lease_is_held_longer(store: Store) -> None:
    token = take(store, "first", 0)
    with store.begin() as c:
        leases.renew(c, "archive", token, TTL - 1, TTL)
    with pytest.raises(SecondPipeline):
        take(store, "second", TTL)
    take(store, "second", 2 * TTL - 1)


def test_a_holder_that_slept_through_its_end_may_go_on_if_nobody_took_over(store: Store) -> None:
    token = take(store, "first", 0)
    with store.begin() as c:
        leases.renew(c, "archive", token, 100 * TTL, TTL)


def test_a_stale_token_stops_the_whole_transaction(store: Store) -> None:
    stale = take(store, "first", 0)
    take(store, "second", TTL)
    with pytest.raises(SecondPipeline, match="taken over the lease archive"), store.begin() as c:
        epochs.claim(c, 1, "settings", 1, [])
        leases.renew(c, "archive", stale, TTL, TTL)
    with store.read() as c:
        assert epochs.last_epoch(c) == 0


def test_a_released_lease_is_free_and_its_token_void(store: Store) -> None:
    token = take(store, "first", 0)
    with store.begin() as c:
        leases.release(c, "archive", token)
    with pytest.raises(SecondPipeline), store.begin() as c:
        leases.renew(c, "archive", token, 1, TTL)
    later = take(store, "second", 1)
    assert later > token
    with pytest.raises(SecondPipeline), store.begin() as c:
        leases.release(c, "archive", token)
    with store.begin() as c:
        leases.renew(c, "archive", later, 1, TTL)


def test_of_two_that_take_a_dead_holders_lease_the_second_meets_the_first(store: Store) -> None:
    take(store, "first", 0)
    take(store, "second", 1, dead)
    with pytest.raises(SecondPipeline, match="second holds"):
        take(store, "third", 1, lambda holder: holder == "first")


def test_a_lease_that_nobody_holds_has_no_holder(store: Store) -> None:
    def holder(now: int, is_dead: leases.DeathProof = alive) -> str | None:
        with store.read() as c:
            return leases.holder(c, "archive", now, is_dead)

    assert holder(0) is None
    token = take(store, "first", 0)
    assert holder(TTL - 1) == "first"
    assert holder(TTL) is None and holder(0, dead) is None
    with store.begin() as c:
        leases.release(c, "archive", token)
    assert holder(0) is None
