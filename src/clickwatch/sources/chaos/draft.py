"""All records of a plan as columns, in the order in which they reach the log, each with the verdict it was made for.

A record claims a time. Most claims follow from when a shopper acted and what his clock showed. How far event time has
come in a partition, its *front*, is the greatest claim before a record. Late records and repeats are made last: they
claim a time that is chosen behind the front where they stand, so that they never move it.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from clickwatch.domain.window import HOUR, MINUTE, SECOND
from clickwatch.sources.chaos.breakages import BREAKAGES
from clickwatch.sources.chaos.brinks import GROUP, brinks_of
from clickwatch.sources.chaos.cast import Cast
from clickwatch.sources.chaos.fronts import NEVER, fronts
from clickwatch.sources.chaos.oddities import ODDITIES
from clickwatch.sources.chaos.plan import AHEAD, RESENT, WAY, ChaosPlan
from clickwatch.sources.chaos.rows import BROKEN, BURST, BURSTS, COPY, EDGE, LATE, ODD, REPEAT, SHOPPER, TWIN, Rows
from clickwatch.sources.shoppers import PURCHASE, VIEW, Actions

_EARLIER = 6 * HOUR


@dataclass(frozen=True)
class Draft:
    """The records, the order in which they reach the log, and how far event time had come before each.

    `order` holds positions in the columns of `rows`; `front` (µs, NEVER before the first) is by position, too.
    """

    rows: Rows
    order: NDArray[np.int64]
    front: NDArray[np.int64]


def drafted(plan: ChaosPlan, cast: Cast, actions: Actions, acted: NDArray[np.int64], seed: int) -> Draft:
    """All records of a plan; `actions` are those of its shoppers, which happened at `acted` (µs)."""
    chances = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 3])))
    shoppers = _shoppers(cast, actions, acted, chances)
    casting = _Casting(plan, cast, shoppers, chances)
    moving = Rows.joined(
        [
            shoppers,
            casting.twins(),
            _strays(plan, cast, ODD, len(ODDITIES), plan.shares.odd, chances),
            _strays(plan, cast, BROKEN, len(BREAKAGES), plan.shares.broken, chances),
            _bursts(plan, cast, chances),
        ]
    )
    rows = Rows.joined([moving, casting.brinks(moving), casting.repeats(), casting.copies()])
    order = rows.by_partition(cast)
    front = np.empty(len(rows), dtype=np.int64)
    front[order] = fronts(cast.partition[rows.user[order]], rows.claimed[order], rows.moves[order])
    _claim_behind(plan, rows, front, chances)
    return Draft(rows, rows.in_order(), front)


def _shoppers(cast: Cast, actions: Actions, acted: NDArray[np.int64], chances: np.random.Generator) -> Rows:
    user = cast.sent_by(actions.user.astype(np.int64), acted)
    sent = acted + chances.integers(0, WAY, len(acted))
    return Rows.of(cast, SHOPPER, np.arange(len(acted)), user, sent, cast.claimed(user, acted))


class _Casting:
    """Chooses which shoppers' records are late, stand at the edge of a window, or come again; each has one fate."""

    def __init__(self, plan: ChaosPlan, cast: Cast, shoppers: Rows, chances: np.random.Generator) -> None:
        self._plan, self._cast, self._shoppers, self._chances = plan, cast, shoppers, chances
        self._partition = cast.partition[shoppers.user]
        self._missing = 0
        drawn = chances.permutation(len(shoppers))
        drawn = drawn[~np.isin(drawn, self._firsts())]  # before the first of its partition nothing can be late
        late = plan.shares.late
        shoppers.cause[drawn[:late]] = LATE
        self._put_at_edges(drawn[late : late + plan.shares.edges])
        self._left = drawn[late:]
        self._copied = drawn[: late // 4]

    def twins(self) -> Rows:
        """Records with the id of another one, on another partition: ids are told apart within a partition alone."""
        home = int(self._cast.partition[self._cast.lively[0]])
        users = np.flatnonzero(self._cast.partition == home)
        source = self._take(self._plan.shares.twins, self._partition != home)
        user = users[self._chances.integers(0, len(users), len(source))]
        return Rows.of(self._cast, TWIN, source, user, self._soon_after(source), self._shoppers.claimed[source])

    def brinks(self, moving: Rows) -> Rows:
        """Records on either side of a limit. `moving` are all that may move a front, the shoppers' first."""
        wanted = self._plan.shares.brinks // GROUP
        is_lively = np.isin(self._shoppers.user, self._cast.lively)
        source = self._take(wanted - wanted // 2, is_lively)
        self._missing -= wanted - wanted // 2 - len(source)
        rows = brinks_of(self._plan, self._cast, moving, source, wanted, self._chances)
        self._missing += self._plan.shares.brinks - len(rows)
        return rows

    def repeats(self) -> Rows:
        """Records with an id that was used so long ago that it is forgotten; what they claim is found later."""
        rules = self._plan.rules
        wait = rules.horizon + rules.delay + AHEAD + self._chances.integers(MINUTE, 3 * MINUTE, len(self._shoppers))
        sent = self._shoppers.arrival + wait
        is_lively = np.isin(self._shoppers.user, self._cast.lively)
        source = self._take(self._plan.shares.repeats, is_lively & (sent < self._plan.end))
        nothing = np.full(len(source), NEVER, dtype=np.int64)
        return Rows.of(self._cast, REPEAT, source, self._shoppers.user[source], sent[source], nothing)

    def copies(self) -> Rows:
        """Records that are sent once more soon, byte for byte; they stand in for kinds without room."""
        self._left = np.concatenate([self._copied, self._left])
        everybody = np.ones(len(self._shoppers), dtype=np.bool_)
        source = self._take(self._plan.shares.copies + self._missing, everybody)
        nothing = np.full(len(source), NEVER, dtype=np.int64)
        return Rows.of(self._cast, COPY, source, self._shoppers.user[source], self._soon_after(source), nothing)

    def _put_at_edges(self, chosen: NDArray[np.int64]) -> None:
        """Let records claim the start of a window, or 1 µs before."""
        slide, claimed = self._plan.rules.slide, self._shoppers.claimed
        self._shoppers.cause[chosen] = EDGE
        claimed[chosen] = claimed[chosen] // slide * slide - self._chances.integers(0, 2, len(chosen))

    def _take(self, count: int, fits: NDArray[np.bool_]) -> NDArray[np.int64]:
        chosen = self._left[fits[self._left]][:count]
        self._left = self._left[~np.isin(self._left, chosen)]
        self._missing += count - len(chosen)
        return chosen

    def _soon_after(self, source: NDArray[np.int64]) -> NDArray[np.int64]:
        return self._shoppers.arrival[source] + self._chances.integers(SECOND, RESENT, len(source))

    def _firsts(self) -> NDArray[np.int64]:
        order = np.lexsort((self._shoppers.sent, self._shoppers.arrival, self._partition))
        return order[np.flatnonzero(np.diff(self._partition[order], prepend=-1))]


def _strays(plan: ChaosPlan, cast: Cast, cause: int, variants: int, count: int, chances: np.random.Generator) -> Rows:
    """Records of which each is one of several variants, all in turn, somewhere in the time."""
    at = plan.start + chances.integers(0, plan.duration, count)
    user = cast.sent_by(chances.integers(0, len(cast.names), count), at)
    sent = at + chances.integers(0, WAY, count)
    return Rows.of(cast, cause, np.arange(count) % variants, user, sent, cast.claimed(user, at))


def _bursts(plan: ChaosPlan, cast: Cast, chances: np.random.Generator) -> Rows:
    """What happens to the products at the bounds of the alert rule: within half a slide, and the plan; purchases last.

    `source` is the product's number, with `len(BURSTS)` added for a purchase.
    """
    rules, views = plan.rules, plan.shares.burst_views
    if not views:
        source = np.zeros(0, dtype=np.int64)
    else:
        bought = (max(rules.max_purchases - 1, 0), 0, rules.max_purchases)
        seen = np.repeat(np.arange(3), (views + 1, views, views + 1))
        source = np.concatenate([chances.permutation(seen), np.repeat(np.arange(3, 6), bought)])
    right = cast.lively[cast.skew[cast.lively] == 0]
    user = right[chances.integers(0, len(right), len(source))]
    # Before the first partition falls silent: so the windows close, and their alerts are confirmed.
    begin = max((plan.start + plan.duration * 3 // 10) // rules.slide * rules.slide, plan.start)
    lasts = min(rules.slide // 2, plan.end - begin)
    at = begin + np.arange(len(source)) * lasts // max(1, len(source))
    return Rows.of(cast, BURST, source, user, at, at)


def burst_kinds(source: NDArray[np.int64]) -> NDArray[np.int64]:
    """What shoppers did in a burst."""
    return np.where(source >= len(BURSTS), PURCHASE, VIEW)


def _claim_behind(plan: ChaosPlan, rows: Rows, front: NDArray[np.int64], chances: np.random.Generator) -> None:
    """Let the late records, the repeats and the copies claim their times."""
    rules = plan.rules
    late = np.flatnonzero(rows.cause == LATE)
    # The newest window that has ended where the record stands.
    ended = (front[late] - rules.delay - rules.length) // rules.slide * rules.slide + rules.length
    partly = ended - 1 - chances.integers(0, rules.slide, len(late))
    wholly = ended - rules.length - chances.integers(1, _EARLIER, len(late))
    rows.claimed[late] = np.where(np.arange(len(late)) % 2 == 0, partly, wholly)
    repeats = np.flatnonzero(rows.cause == REPEAT)
    rows.claimed[repeats] = front[repeats] - chances.integers(0, 20 * SECOND, len(repeats))
    copies = np.flatnonzero(rows.cause == COPY)
    rows.claimed[copies] = rows.claimed[rows.source[copies]]


def user_keys(cast: Cast, user: NDArray[np.int64]) -> pa.DictionaryArray:
    """The users' names as keys of the log."""
    names = pa.array([name.encode() for name in cast.names], pa.binary())
    return pa.DictionaryArray.from_arrays(pa.array(user.astype(np.int32)), names)
