"""Shoppers: sessions of view → add to cart → (take out) → purchase, many at once, as columns.

Time is counted here in events ("about one event per unit of time", whatever the rate); `rhythm.py` turns the
order of events into event times.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clickwatch.sources.shop import (
    CARTED,
    HIGH_INTEREST_CARTED,
    HIGH_INTEREST_TAKEN_OUT,
    PRODUCTS,
    TAKEN_OUT,
    USERS,
    Shop,
)

VIEW, ADD_TO_CART, REMOVE_FROM_CART, PURCHASE = range(4)
SLICE = 65_536
"""Units of time that are simulated at once: the bound on memory."""

_LOOKS = np.cumsum([0.25, 0.25, 0.20, 0.15, 0.10, 0.05])
_MEAN_LOOKS = float(np.dot([0.25, 0.25, 0.20, 0.15, 0.10, 0.05], [1, 2, 3, 4, 5, 6]))
_MAY = np.array([USERS, USERS * 7 // 10, USERS * 45 // 100])  # by outcome: who may just look, fill a cart, buy
_GOLDEN = 0.6180339887498949
_LAST_STAGE = 64


@dataclass(frozen=True)
class Actions:
    """What shoppers did, in order: columns of one length. `moment` is in events, `session` counts from 0."""

    moment: NDArray[np.float64]
    session: NDArray[np.int64]
    user: NDArray[np.int32]
    product: NDArray[np.int32]
    kind: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.moment)

    def rows(self, which: NDArray[np.bool_] | NDArray[np.intp] | slice) -> "Actions":
        """Some of the rows: by mask, by positions, or a slice."""
        return Actions(self.moment[which], self.session[which], self.user[which], self.product[which], self.kind[which])

    def followed_by(self, other: "Actions") -> "Actions":
        """Both, one after the other."""
        return Actions(
            np.concatenate([self.moment, other.moment]),
            np.concatenate([self.session, other.session]),
            np.concatenate([self.user, other.user]),
            np.concatenate([self.product, other.product]),
            np.concatenate([self.kind, other.kind]),
        )


@dataclass(frozen=True)
class _Looks:
    """One look at one product per row, session by session: `stage` orders what a session does."""

    session: NDArray[np.int64]
    product: NDArray[np.int32]
    number: NDArray[np.int64]
    bought: NDArray[np.bool_]
    carted: NDArray[np.bool_]
    taken_out: NDArray[np.bool_]


class Shoppers:
    """The running state of the shop: sessions under way, and how often each product was looked at.

    `at_once` sessions are under way at a time, about. Whether a look leads to a purchase follows a golden-ratio
    sequence per product (Weyl, 1916), not dice: in any stretch of its views a product's purchases are within two
    or three of its share, so that an ordinary product never passes for one that nobody buys.
    """

    def __init__(self, shop: Shop, seed: int, at_once: float, views_in_ten_minutes: float) -> None:
        self._shop = shop
        self._seed = seed
        self._gap = max(1.0, at_once)
        self._bought = shop.bought_share(views_in_ten_minutes)
        high = shop.is_high_interest
        self._taken_out = np.where(high, HIGH_INTEREST_TAKEN_OUT, TAKEN_OUT)
        self._carted = np.maximum(np.where(high, HIGH_INTEREST_CARTED, CARTED), self._bought + self._taken_out)
        self._products = np.cumsum(shop.popularity)
        chances = self._random(-1)
        self._phase = chances.random(PRODUCTS)
        self._names = np.argsort(chances.random(USERS), kind="stable").astype(np.int32)
        self._looked_at = np.zeros(PRODUCTS, dtype=np.int64)
        self._slice = 0
        self._sessions = 0
        self._under_way: Actions | None = None

    def visit(self) -> Actions:
        """What happens in the next slice of time, in order: about SLICE actions."""
        end = float((self._slice + 1) * SLICE)
        actions = self._new_sessions(self._random(self._slice))
        if self._under_way is not None:
            actions = self._under_way.followed_by(actions)
        self._slice += 1
        now = actions.moment < end
        self._under_way = actions.rows(~now)
        actions = actions.rows(now)
        return actions.rows(np.argsort(actions.moment, kind="stable"))

    def _random(self, part: int) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence([self._seed, part + 1])))

    def _new_sessions(self, chances: np.random.Generator) -> Actions:
        """The sessions that begin in this slice, whole."""
        per_look = 1.0 + float(np.dot(self._shop.popularity, self._carted + self._taken_out + self._bought))
        count = int(SLICE / (_MEAN_LOOKS * per_look))
        begin = (self._slice + (np.arange(count) + chances.random(count)) / count) * SLICE
        looks = self._looks(chances, count)
        outcome = np.zeros(count, dtype=np.int64)
        np.maximum.at(outcome, looks.session, looks.carted + looks.bought.astype(np.int64))
        user = self._names[(chances.random(count) * _MAY[outcome]).astype(np.int64)]
        session, product, kind = _in_order(looks)
        wait = self._gap * (0.25 + 1.5 * chances.random(len(session)))
        actions = Actions(
            begin[session] + _since_session_began(session, wait), session + self._sessions, user[session], product, kind
        )
        self._sessions += count
        return actions

    def _looks(self, chances: np.random.Generator, sessions: int) -> _Looks:
        looks = np.searchsorted(_LOOKS[:-1], chances.random(sessions), side="right") + 1
        session = np.repeat(np.arange(sessions), looks)
        number = np.arange(len(session)) - np.repeat(np.cumsum(looks) - looks, looks)
        product = np.searchsorted(self._products[:-1], chances.random(len(session)), side="right").astype(np.int32)
        fate = (self._rank(product) * _GOLDEN + self._phase[product]) % 1.0
        bought = fate < self._bought[product]
        carted = fate < self._carted[product]
        taken_out = carted & ~bought & (fate < (self._bought + self._taken_out)[product])
        return _Looks(session, product, number, bought, carted, taken_out)

    def _rank(self, product: NDArray[np.int32]) -> NDArray[np.int64]:
        """For each look, the how-manieth it is at its product since the beginning."""
        order = np.argsort(product.astype(np.uint8), kind="stable")
        counts = np.bincount(product, minlength=PRODUCTS)
        first = np.cumsum(counts) - counts
        rank = np.empty(len(product), dtype=np.int64)
        rank[order] = np.arange(len(product)) + np.repeat(self._looked_at - first, counts)
        self._looked_at += counts
        return rank


def _in_order(looks: _Looks) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Session, product and kind of every action, session by session; purchases come at a session's end."""
    masks = (np.ones(len(looks.session), dtype=np.bool_), looks.carted, looks.taken_out, looks.bought)
    stages = (looks.number * 3, looks.number * 3 + 1, looks.number * 3 + 2, looks.number + _LAST_STAGE // 2)
    place = np.concatenate(
        [(looks.session * _LAST_STAGE + stage)[mask] for mask, stage in zip(masks, stages, strict=True)]
    )
    product = np.concatenate([looks.product[mask] for mask in masks])
    kind = np.repeat(np.arange(4, dtype=np.int32), [int(mask.sum()) for mask in masks])
    order = np.argsort(place, kind="stable")
    return place[order] // _LAST_STAGE, product[order], kind[order]


def _since_session_began(session: NDArray[np.int64], wait: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum of a session's waits up to each of its actions; the first action begins the session."""
    total = np.cumsum(wait)
    first = np.flatnonzero(np.diff(session, prepend=-1))
    return total - np.repeat(total[first], np.diff(np.append(first, len(session))))
