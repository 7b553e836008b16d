"""Leases: one holder at a time of a named right, fenced by a token that grows with each holder.

A lease alone cannot stop a holder that slept through its end; the token can: `renew` inside the transaction of
the guarded work makes that work fail once somebody else has taken over (M. Kleppmann, "How to do distributed
locking", 2016). Times are µs UTC.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from clickwatch.errors import SecondPipeline
from clickwatch.store.database import Store
from clickwatch.store.holder import described, is_dead, this_process
from clickwatch.store.schema import leases

PIPELINE = "pipeline"
"""The lease of the process that takes the log in."""

DeathProof = Callable[[str], bool]
"""Whether a holder has surely ended; see `holder.is_dead`."""


def take(store: Store, name: str, clock: Callable[[], int], ttl: int) -> int:
    """Take a lease for this process, in a transaction of its own; see `acquire`. `clock` gives µs."""
    tried: list[int] = []

    def attempt(connection: Connection, again: bool) -> int:
        tried.append(clock())
        return acquire(connection, name, this_process(), tried[-1], ttl, is_dead, tried[:-1])

    return store.transact(attempt)


def give_back(store: Store, name: str, token: int) -> None:
    """Release a lease, in a transaction of its own."""

    def attempt(connection: Connection, again: bool) -> None:
        held = connection.execute(select(leases).where(leases.c.name == name)).one_or_none()
        is_done = again and held is not None and (held.token, held.expires_at) == (token + 1, 0)
        if not is_done:
            release(connection, name, token)

    store.transact(attempt)


def acquire(
    connection: Connection,
    name: str,
    holder: str,
    now: int,
    ttl: int,
    is_dead: DeathProof,
    tried: Sequence[int] = (),
) -> int:
    """Take a lease that is free, has expired, or whose holder `is_dead`; the token to renew and release it with.

    `tried` are the moments (`now`) of attempts of this holder of which it is not known whether they were committed.
    Raises SecondPipeline, which names the holder, if it is held.
    """
    held = connection.execute(select(leases).where(leases.c.name == name)).one_or_none()
    new: dict[str, int | str] = {"holder": holder, "expires_at": now + ttl}
    if held is None:
        try:
            connection.execute(insert(leases).values(name=name, token=1, **new))
        except IntegrityError as error:
            raise SecondPipeline(f"Another pipeline has just taken the lease {name}", "Try again") from error
        return 1
    is_mine = held.holder == holder and held.expires_at - ttl in tried
    if held.expires_at > now and not is_mine and not is_dead(held.holder):
        until = _iso(held.expires_at)
        problem = f"Another process works here: {described(held.holder)} holds the lease {name} until {until}"
        raise SecondPipeline(problem, "Let it work; or end it, and start this one again")
    _change(connection, name, held.token, token=held.token + 1, **new)
    return int(held.token) + 1


def holder(connection: Connection, name: str, now: int, is_dead: DeathProof) -> str | None:
    """Who holds a lease; None if it is free, has expired, or its holder `is_dead`."""
    held = connection.execute(select(leases).where(leases.c.name == name)).one_or_none()
    return held.holder if held is not None and held.expires_at > now and not is_dead(held.holder) else None


def renew(connection: Connection, name: str, token: int, now: int, ttl: int) -> None:
    """Hold the lease until `now + ttl`. Raises SecondPipeline if `token` is no longer the current one."""
    _change(connection, name, token, expires_at=now + ttl)


def release(connection: Connection, name: str, token: int) -> None:
    """Give the lease back; the token is void then. Raises SecondPipeline if it was so already."""
    _change(connection, name, token, token=token + 1, expires_at=0)


def _change(connection: Connection, name: str, current: int, **values: int | str) -> None:
    mine = (leases.c.name == name) & (leases.c.token == current)
    if connection.execute(update(leases).where(mine).values(**values)).rowcount != 1:
        problem = f"Another process has taken over the lease {name}, which was not renewed in time"
        raise SecondPipeline(problem, "Let one of them work; start this one again if it is the one")


def _iso(micros: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
