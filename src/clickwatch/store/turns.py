"""Turns: a lease that is held for a moment and waited for, so that several processes do one thing after another."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from clickwatch.errors import SecondPipeline, TurnTaken
from clickwatch.store import leases
from clickwatch.store.database import Store

_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class TurnRules:
    """How long a turn lasts at most before it may be taken over, and how long one waits for it; both µs."""

    ttl: int = 60_000_000
    patience: int = 120_000_000


@contextmanager
def turn(
    store: Store,
    name: str,
    clock: Callable[[], int],
    rules: TurnRules | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[int]:
    """Hold the lease `name` for the block, which gets its token. `clock` gives µs since the Unix epoch, UTC;
    `sleep` takes seconds. Who renews the lease by that token within a transaction fences the transaction off.

    Raises TurnTaken, which names the holder, if it is not free in time.
    """
    rules = rules or TurnRules()
    token = _taken(store, name, clock, rules, sleep)
    try:
        yield token
    finally:
        leases.give_back(store, name, token)


def _taken(store: Store, name: str, clock: Callable[[], int], rules: TurnRules, sleep: Callable[[float], None]) -> int:
    deadline = clock() + rules.patience
    while True:
        try:
            return leases.take(store, name, clock, rules.ttl)
        except SecondPipeline as error:
            if clock() >= deadline:
                cure = "Let it finish, then try again"
                raise TurnTaken(f"Another process has its turn for {name}: {error.problem}", cure) from error
        sleep(_POLL_SECONDS)
