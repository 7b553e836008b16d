"""Records on either side of a limit, 1 µs apart: of a window's end, and of how long an id is remembered.

Wherever the front of a partition passes such a limit in one step, four records are put before that step: one moves the
front to 1 µs before the limit, one tries it, one moves the front onto the limit, and one tries again. So nothing else
changes: the step that follows goes as far as before.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clickwatch.sources.chaos.cast import Cast
from clickwatch.sources.chaos.fronts import NEVER
from clickwatch.sources.chaos.plan import ChaosPlan
from clickwatch.sources.chaos.rows import BRINK, COPY, Rows

GROUP = 4
BRINK_PRODUCT = "BRINK"
BRINK_CATEGORIES = (None, "brink b", "brink a")
"""By `source`. The two that try a window's end claim one time: so the greater category is the product's in both."""

_NO_SOURCE = -1


@dataclass(frozen=True)
class _Limits:
    """Columns: the front that reaches the limit (µs), the record that moves it there, and what tries the limit.

    `source` is the shopper's record of which copies try it, or _NO_SOURCE: then it is a window's end.
    """

    front: NDArray[np.int64]
    mover: NDArray[np.int64]
    source: NDArray[np.int64]


def brinks_of(
    plan: ChaosPlan, cast: Cast, rows: Rows, source: NDArray[np.int64], wanted: int, chances: np.random.Generator
) -> Rows:
    """At most `wanted` groups of four, about as many for windows as for ids: those of the records `source`."""
    limits = _limits(plan, cast, rows, source)
    is_window = limits.source == _NO_SOURCE
    ids = np.flatnonzero(~is_window)
    windows = chances.permutation(np.flatnonzero(is_window))[: wanted - len(ids)]
    chosen = np.concatenate([windows, ids])
    chosen = chosen[np.argsort(limits.front[chosen], kind="stable")]
    return _groups(plan, cast, rows, _Limits(limits.front[chosen], limits.mover[chosen], limits.source[chosen]))


def _limits(plan: ChaosPlan, cast: Cast, rows: Rows, source: NDArray[np.int64]) -> _Limits:
    """All window ends and the ids of these records, where a front passes them after it has begun."""
    order = rows.by_partition(cast)
    partition = cast.partition[rows.user[order]]
    counted = np.where(rows.moves, rows.claimed, NEVER)
    place = np.empty(len(rows), dtype=np.int64)
    found = []
    for number in np.unique(partition).tolist():
        members = order[partition == number]
        reached = np.maximum.accumulate(counted[members])
        place[members] = np.arange(len(members))
        here = source[cast.partition[rows.user[source]] == number]
        ends = _window_ends(plan, reached)
        front = np.concatenate([ends, rows.claimed[here] + plan.rules.horizon]) + plan.rules.delay
        step = np.searchsorted(reached, front)
        fits = (step > 0) & (step < len(members))
        fits[fits] = reached[step[fits] - 1] != NEVER
        fits[len(ends) :] &= place[here] < step[len(ends) :]  # a copy follows its original
        tried_by = np.concatenate([np.full(len(ends), _NO_SOURCE, dtype=np.int64), here])
        found.append((front[fits], members[step[fits]], tried_by[fits]))
    return _Limits(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _window_ends(plan: ChaosPlan, reached: NDArray[np.int64]) -> NDArray[np.int64]:
    """The ends of windows that the front reaches, less the delay."""
    rules = plan.rules
    begun = reached[reached != NEVER]
    if not len(begun):
        return np.zeros(0, dtype=np.int64)
    first, last = (int(front) - rules.delay - rules.length for front in (begun[0], begun[-1]))
    return np.arange(first // rules.slide + 1, last // rules.slide + 1) * rules.slide + rules.length


def _groups(plan: ChaosPlan, cast: Cast, rows: Rows, limits: _Limits) -> Rows:
    """Four records per limit, group by group; a group whose limit is farther comes later."""
    is_copy = limits.source != _NO_SOURCE
    tried = np.where(is_copy, rows.claimed[np.where(is_copy, limits.source, 0)], limits.front - plan.rules.delay - 1)
    own = rows.user[limits.mover]
    user = np.where(is_copy, rows.user[np.where(is_copy, limits.source, 0)], own)
    causes = np.where(is_copy, COPY, BRINK)
    moving, none = np.full(len(own), BRINK), np.zeros(len(own), dtype=np.int64)
    sent = np.repeat(rows.sent[limits.mover], GROUP)
    made = Rows.of(
        cast,
        BRINK,
        _by_turns(none, np.where(is_copy, limits.source, 1), none, np.where(is_copy, limits.source, 2)),
        _by_turns(own, user, own, user),
        sent,
        _by_turns(limits.front - 1, tried, limits.front, tried),
    )
    made.cause = _by_turns(moving, causes, moving, causes)
    made.turn = np.arange(len(made)) - len(made)
    return made


def _by_turns(*columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first of each column, then the second of each, and so on."""
    return np.stack(columns, axis=1).ravel()
