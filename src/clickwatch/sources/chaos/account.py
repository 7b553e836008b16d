"""The truth about a draft, put into words: what the truth file says."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from clickwatch.domain.instant import iso_utc
from clickwatch.domain.known_truth import (
    FORMAT,
    VERSION,
    AlertTruth,
    BreakageCount,
    HourTruth,
    KnownTruth,
    Origin,
    PartitionTruth,
    WindowTruth,
)
from clickwatch.sources.chaos.breakages import BREAKAGES
from clickwatch.sources.chaos.cast import Cast
from clickwatch.sources.chaos.draft import Draft
from clickwatch.sources.chaos.hostile import HostileShop
from clickwatch.sources.chaos.plan import ChaosPlan, ChaosRules
from clickwatch.sources.chaos.rows import BROKEN, CAUSES, EDGE, SHOPPER
from clickwatch.sources.chaos.verdicts import (
    PartitionTally,
    Tally,
    hour_tallies,
    partition_tallies,
    verdicts,
    window_tallies,
)
from clickwatch.sources.chaos.wares import Wares, wares_of
from clickwatch.sources.shoppers import Actions

_RULE = "flash_sale"


def told(
    plan: ChaosPlan,
    cast: Cast,
    shop: HostileShop,
    draft: Draft,
    actions: Actions,
    sizes: NDArray[np.int64],
    settings: Mapping[str, str],
) -> KnownTruth:
    """The truth file of a draft whose records have these sizes in bytes, line ends included."""
    wares = wares_of(draft, shop, actions)
    found = verdicts(draft, plan.rules)
    partition = cast.partition[draft.rows.user]
    tallies = list(partition_tallies(draft, wares, found, partition, plan.partitions))
    partitions = [
        _partition(tally, cast.roles[tally.partition], int(sizes[partition == tally.partition].sum()), plan.rules)
        for tally in tallies
    ]
    windows = _windows(window_tallies(draft, wares, found), plan.rules)
    return KnownTruth(
        format=FORMAT,
        version=VERSION,
        origin=Origin("chaos", plan.seed, iso_utc(plan.start), iso_utc(plan.end)),
        settings=dict(settings),
        kinds=_kinds(draft),
        traits=_traits(draft, cast, wares),
        breakages=_breakages(draft),
        closed_until=_closed_until(tallies, plan.rules),
        partitions=partitions,
        windows=windows,
        alerts=_alerts(windows, plan.rules),
        hours=_hours(hour_tallies(draft, wares, found)),
    )


def _windows(tallies: Sequence[Tally], rules: ChaosRules) -> list[WindowTruth]:
    return [
        WindowTruth(
            iso_utc(each.start),
            iso_utc(each.start + rules.length),
            each.product_id,
            each.category,
            each.view_count,
            each.cart_count,
            each.purchase_count,
        )
        for each in tallies
    ]


def _hours(tallies: Sequence[Tally]) -> list[HourTruth]:
    return [
        HourTruth(
            iso_utc(each.start),
            each.product_id,
            each.category,
            each.view_count,
            each.cart_count,
            each.purchase_count,
            each.event_count,
        )
        for each in tallies
    ]


def _partition(tally: PartitionTally, role: str, size: int, rules: ChaosRules) -> PartitionTruth:
    return PartitionTruth(
        partition=tally.partition,
        role=role,
        bytes=size,
        received=tally.received,
        accepted=tally.accepted,
        duplicate=tally.duplicate,
        rejected=tally.rejected,
        on_time=tally.on_time,
        late=tally.late,
        reasons=tally.reasons,
        watermark=None if tally.front is None else iso_utc(tally.front - rules.delay),
    )


def _kinds(draft: Draft) -> dict[str, int]:
    counts = np.bincount(draft.rows.cause, minlength=len(CAUSES)).tolist()
    return dict(zip(CAUSES, counts, strict=True))


def _traits(draft: Draft, cast: Cast, wares: Wares) -> dict[str, int]:
    rows = draft.rows
    by_clock = np.isin(rows.cause, (SHOPPER, EDGE))
    return {
        "clock_ahead": int((by_clock & (cast.skew[rows.user] > 0)).sum()),
        "clock_behind": int((by_clock & (cast.skew[rows.user] < 0)).sum()),
        "held_back": int((rows.arrival > rows.sent).sum()),
        "hostile_product": int(wares.is_hostile.sum()),
    }


def _breakages(draft: Draft) -> list[BreakageCount]:
    counts = Counter(draft.rows.source[draft.rows.cause == BROKEN].tolist())
    return [BreakageCount(breakage.name, breakage.reason, counts[number]) for number, breakage in enumerate(BREAKAGES)]


def _closed_until(tallies: Sequence[PartitionTally], rules: ChaosRules) -> str | None:
    """How far the slowest partition has come; one without records holds all windows open."""
    fronts = [each.front for each in tallies if each.front is not None]
    return iso_utc(min(fronts) - rules.delay) if len(fronts) == len(tallies) else None


def _alerts(windows: Sequence[WindowTruth], rules: ChaosRules) -> list[AlertTruth]:
    """Windows with more views than the one bound and fewer purchases than the other."""
    return [
        AlertTruth(
            _RULE,
            each.product_id,
            each.window_start,
            each.window_end,
            each.category,
            each.view_count,
            each.purchase_count,
        )
        for each in windows
        if each.view_count > rules.min_views and each.purchase_count < rules.max_purchases
    ]
