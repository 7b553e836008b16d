"""Synthetic traffic: a plan, and the batches of events that fulfil it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from clickwatch.domain.window import DAY, MINUTE, SECOND
from clickwatch.errors import SourceError
from clickwatch.sources.batch import LineBatch
from clickwatch.sources.rendering import LineWriter
from clickwatch.sources.rhythm import PEAK, Daily, Even, Rhythm
from clickwatch.sources.shop import Shop
from clickwatch.sources.shoppers import Shoppers

_BETWEEN_ACTIONS = 20 * SECOND
_MOST_AT_ONCE = 400
_VIEW_SHARE = 0.75
_LAST_MOMENT = 253_402_300_800 * SECOND  # the year 10000


@dataclass(frozen=True)
class TrafficPlan:
    """Exactly `events` events in `[start, start + duration)` (µs since the Unix epoch, UTC, and µs).

    With `rhythm` they follow the hours of the day, else event n happens exactly at `start + n * duration / events`.
    The same plan gives the same bytes. Raises SourceError for a plan without time or events.
    """

    start: int
    duration: int
    events: int
    seed: int
    high_interest: tuple[str, ...]
    rhythm: bool = False

    def __post_init__(self) -> None:
        if self.events < 1 or self.duration < 1:
            raise SourceError(
                "Traffic needs at least one event and some time", "Ask for more events or a longer duration"
            )
        if not 0 <= self.start <= self.start + self.duration <= _LAST_MOMENT:
            raise SourceError("The traffic would lie outside the years 1970 to 9999", "Choose another start")
        if self.duration > 366 * DAY:
            raise SourceError("The traffic would last longer than a year", "Ask for it year by year")
        if not 0 <= self.seed < 2**64:
            raise SourceError("The seed is outside 0 to 2^64 - 1", "Choose another seed")


class TrafficGenerator:
    """Makes the events of a plan, in event-time order, slice by slice, so that memory does not grow with them."""

    def __init__(self, plan: TrafficPlan) -> None:
        self.plan = plan
        self._shop = Shop(plan.high_interest)

    def batches(self) -> Iterator[LineBatch]:
        """All events of the plan, from the first one on; each call begins anew with the same bytes."""
        plan = self.plan
        shoppers = shoppers_of(plan, self._shop)
        writer = LineWriter(self._shop, salt_of(plan))
        rhythm: Rhythm = (Daily if plan.rhythm else Even)(plan.start, plan.duration, plan.events)
        done = 0
        for part in range(plan.events + 1):
            actions = shoppers.visit().rows(slice(0, plan.events - done))
            chances = np.random.Generator(np.random.PCG64(np.random.SeedSequence([plan.seed, part, 1])))
            times = rhythm.times(done, len(actions), chances.random(len(actions)))
            numbers = np.arange(done, done + len(actions), dtype=np.uint64)
            yield writer.batch(actions, numbers, times, chances.random(len(actions)))
            done += len(actions)
            if done == plan.events:
                return


def shoppers_of(plan: TrafficPlan, shop: Shop) -> Shoppers:
    """The shoppers that fulfil a plan in a shop."""
    peak = plan.events / plan.duration * (PEAK if plan.rhythm else 1.0)
    # With a thousand shoppers only so many can be in the shop at once: when it is busier, they hurry.
    at_once = min(plan.events / plan.duration * _BETWEEN_ACTIONS, float(_MOST_AT_ONCE))
    return Shoppers(shop, plan.seed, at_once, peak * 10 * MINUTE * _VIEW_SHARE)


def salt_of(plan: TrafficPlan) -> int:
    """What sets the ids of this plan apart, 64 bits."""
    # The start is part of it: traffic of one seed, produced twice in a row, is not taken for duplicates.
    words = np.random.SeedSequence([plan.seed, plan.start, 2]).generate_state(1, np.uint64)
    return int(words[0])
