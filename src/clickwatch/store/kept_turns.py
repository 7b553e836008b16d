"""Turns that last as long as their process lives: a short lease, which a thread renews.

Whoever is killed where no other process can see it keeps a place for that short time, and no longer. A process that
was asleep for longer may have lost its turn without knowing; the fence tells.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from clickwatch.domain.window import MINUTE
from clickwatch.errors import ClickwatchError, SecondPipeline
from clickwatch.store import leases
from clickwatch.store.database import Store
from clickwatch.store.turns import TurnRules, turn

Fence = Callable[[Connection], None]
"""Keeps the turn for the transaction that it is called in. Raises SecondPipeline if somebody else has taken it over."""


@dataclass(frozen=True)
class KeptRules:
    """The lease lasts for `ttl` and is renewed every so often; one waits for it for `patience`. All µs."""

    ttl: int = 2 * MINUTE
    renewed_every: int = MINUTE // 2
    patience: int = 0


@contextmanager
def kept_turn(store: Store, name: str, clock: Callable[[], int], rules: KeptRules | None = None) -> Iterator[Fence]:
    """Hold the lease `name` for the block, however long it takes; it gets a fence for what must not be done twice.

    `clock` gives µs since the Unix epoch, UTC. Raises TurnTaken, which names the holder, if it is not free in time.
    """
    rules = rules or KeptRules()
    with turn(store, name, clock, TurnRules(rules.ttl, rules.patience)) as token:

        def renew(connection: Connection) -> None:
            leases.renew(connection, name, token, clock(), rules.ttl)

        renewal = Renewal(partial(_renewed, store, renew), rules.renewed_every / 1_000_000)
        renewal.start()
        try:
            yield renew
        finally:
            renewal.stop()


class Renewal:
    """A thread that renews a lease again and again, until it is stopped or the lease is somebody else's."""

    def __init__(self, renewed: Callable[[], bool], every: float) -> None:
        """`renewed` says whether it is of use to go on; `every` is in seconds."""
        self._renewed = renewed
        self._every = every
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clickwatch-lease", daemon=True)

    def start(self) -> None:
        """Begin, with a pause."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the end."""
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over.wait(self._every) and self._renewed():
            pass


def _renewed(store: Store, renew: Fence) -> bool:
    """Renew a lease; whether it may be tried again later."""
    try:
        with store.begin() as connection:
            renew(connection)
    except SecondPipeline:
        return False
    except ClickwatchError:  # the store is away or busy: the fence finds out if that lasts too long
        return True
    return True
