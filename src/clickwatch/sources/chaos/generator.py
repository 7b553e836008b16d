"""`ChaosGenerator`: the records of a plan in batches, and their truth."""

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clickwatch.domain.known_truth import KnownTruth
from clickwatch.sources.batch import LineBatch
from clickwatch.sources.chaos.account import told
from clickwatch.sources.chaos.cast import Cast, cast_of
from clickwatch.sources.chaos.draft import Draft, drafted, user_keys
from clickwatch.sources.chaos.hostile import HostileShop
from clickwatch.sources.chaos.lines import lines_of
from clickwatch.sources.chaos.plan import ChaosPlan
from clickwatch.sources.rendering import LineWriter
from clickwatch.sources.rhythm import Even
from clickwatch.sources.shoppers import Actions
from clickwatch.sources.traffic import TrafficPlan, salt_of, shoppers_of

_BATCH = 65_536


class ChaosGenerator:
    """Makes all records of a plan in memory, at the first call; they are the same ever after."""

    def __init__(self, plan: ChaosPlan) -> None:
        self.plan = plan
        self._shop = HostileShop(plan.high_interest)
        self._traffic = TrafficPlan(plan.start, plan.duration, plan.shares.shoppers, plan.seed, plan.high_interest)

    def batches(self) -> Iterator[LineBatch]:
        """All records, in the order in which they reach the log; broken ones have the key of whoever sent them."""
        draft = self._draft
        for start in range(0, len(draft.order), _BATCH):
            chosen = draft.order[start : start + _BATCH]
            keys = user_keys(self._cast, draft.rows.user[chosen])
            yield LineBatch(self._lines.take(pa.array(chosen)), keys, draft.rows.claimed[chosen])

    def truth(self, settings: Mapping[str, str]) -> KnownTruth:
        """What any pipeline has to make of these records; `settings` are those that the plan's rules come from."""
        sizes = np.asarray(pc.binary_length(self._lines)).astype(np.int64)
        return told(self.plan, self._cast, self._shop, self._draft, self._actions, sizes, settings)

    @cached_property
    def _cast(self) -> Cast:
        seeds = np.random.SeedSequence([self.plan.seed, 5])
        return cast_of(self.plan, np.random.Generator(np.random.PCG64(seeds)))

    @cached_property
    def _actions(self) -> Actions:
        shoppers = shoppers_of(self._traffic, self._shop)
        actions = shoppers.visit()
        while len(actions) < self._traffic.events:
            actions = actions.followed_by(shoppers.visit())
        return actions.rows(slice(0, self._traffic.events))

    @cached_property
    def _draft(self) -> Draft:
        count = self._traffic.events
        acted = Even(self.plan.start, self.plan.duration, count).times(0, count, np.zeros(0))
        return drafted(self.plan, self._cast, self._actions, acted, self.plan.seed)

    @cached_property
    def _lines(self) -> pa.Array:
        writer = LineWriter(self._shop, salt_of(self._traffic))
        return lines_of(self._draft, self._cast, writer, self._actions, self.plan.seed)
