"""Turns that last as long as their process lives, on every store."""

import time
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe

import pytest
from sqlalchemy import update

from clickwatch.domain.window import SECOND
from clickwatch.errors import SecondPipeline, TurnTaken
from clickwatch.store import epochs, leases
from clickwatch.store.backend import Backend
from clickwatch.store.database import Store
from clickwatch.store.kept_turns import KeptRules, kept_turn
from clickwatch.store.opening import open_store
from clickwatch.store.schema import leases as lease_rows
from clickwatch.wiring.log import wall_clock
from tests.support import stores as fixtures
from tests.support.processes import child

store, stores = fixtures.store, fixtures.stores

QUICK = KeptRules(ttl=2 * SECOND, renewed_every=SECOND // 5)
ELSEWHERE = "worker-7:its-machine:its-boot:4026531836:77:12345"
TAKEN = pytest.raises(TurnTaken, match="holds the lease day")


def hold(backend: Backend, said: Pipe) -> None:
    """Hold a turn, say so, and wait to be killed."""
    store = open_store(backend, create=False)
    with kept_turn(store, "day", wall_clock, QUICK):
        said.send("held")
        said.recv()


def move_elsewhere(store: Store) -> None:
    """Let the lease be that of a process of another machine, whose death cannot be seen from here."""
    with store.begin() as connection:
        connection.execute(update(lease_rows).values(holder=ELSEWHERE))


def take(store: Store, now: int, is_dead: Callable[[str], bool] = lambda holder: False) -> None:
    with store.begin() as connection:
        leases.acquire(connection, "day", "somebody else", now, QUICK.ttl, is_dead)


def test_a_turn_lasts_longer_than_its_lease_and_ends_with_its_block(store: Store) -> None:
    with kept_turn(store, "day", wall_clock, QUICK):
        until = time.monotonic() + 1.5 * QUICK.ttl / SECOND
        while time.monotonic() < until:
            with TAKEN, kept_turn(store, "day", wall_clock, QUICK):
                pytest.fail("it is held")
            time.sleep(0.05)
    with kept_turn(store, "day", wall_clock, QUICK):
        pass


def test_the_turn_of_a_process_that_was_killed_elsewhere_is_free_when_its_lease_is_over(
    store: Store, stores: fixtures.Stores
) -> None:
    with child(hold, stores.backend) as (process, said):
        assert said.recv() == "held"
        move_elsewhere(store)
        time.sleep(1.5 * QUICK.ttl / SECOND)
        with TAKEN, kept_turn(store, "day", wall_clock, QUICK):
            pytest.fail("its process lives")
        process.kill()
        process.join()
        killed = time.monotonic()
        with TAKEN, kept_turn(store, "day", wall_clock, QUICK):
            pytest.fail("nobody can know that it is dead")
        with kept_turn(store, "day", wall_clock, KeptRules(QUICK.ttl, QUICK.renewed_every, patience=20 * SECOND)):
            assert time.monotonic() - killed < 2 * QUICK.ttl / SECOND


def test_the_fence_stops_the_whole_transaction_of_who_has_lost_the_turn(store: Store) -> None:
    with (
        pytest.raises(SecondPipeline, match="taken over the lease day"),
        kept_turn(store, "day", wall_clock, QUICK) as fence,
    ):
        take(store, wall_clock(), lambda holder: True)
        with store.begin() as connection:
            epochs.claim(connection, 1, "settings", 1, [])
            fence(connection)
    with store.read() as connection:
        assert epochs.last_epoch(connection) == 0


def test_a_turn_that_was_taken_over_is_not_renewed_any_more(store: Store) -> None:
    with pytest.raises(SecondPipeline), kept_turn(store, "day", wall_clock, QUICK):
        taken = wall_clock()
        take(store, taken, lambda holder: True)
        time.sleep(3 * QUICK.renewed_every / SECOND)
    with store.read() as connection:
        assert leases.holder(connection, "day", taken, lambda holder: False) == "somebody else"
        assert leases.holder(connection, "day", taken + QUICK.ttl, lambda holder: False) is None
