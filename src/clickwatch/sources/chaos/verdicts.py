"""What has to become of each record, and what all of them together have to add up to.

The verdicts follow from what the generator did: a broken record is refused for the reason it was broken by; a record
that tells an id once more is a duplicate while the id is remembered; a window counts a record unless the front of its
partition, less the delay, had reached the window's end. This is worked out here by plain arithmetic over columns, and
shares no code with what it is to be held against.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clickwatch.domain.window import HOUR
from clickwatch.sources.chaos.draft import Draft
from clickwatch.sources.chaos.plan import ChaosRules
from clickwatch.sources.chaos.rows import BROKEN, COPY, REPEAT
from clickwatch.sources.chaos.wares import NO_CATEGORY, Wares
from clickwatch.sources.shoppers import ADD_TO_CART, PURCHASE, VIEW


@dataclass(frozen=True)
class Verdicts:
    """By record: whether it is taken in, a duplicate, and late; and the starts of the windows that count it.

    `counted` has a row per window that may hold a record (the latest first), NOWHERE where it does not count.
    """

    is_accepted: NDArray[np.bool_]
    is_duplicate: NDArray[np.bool_]
    is_late: NDArray[np.bool_]
    counted: NDArray[np.int64]


NOWHERE = -(2**62)


def verdicts(draft: Draft, rules: ChaosRules) -> Verdicts:
    """The verdict on every record, by position."""
    rows = draft.rows
    reached = draft.front - rules.delay
    again = np.isin(rows.cause, (COPY, REPEAT))
    first_claim = np.where(again, rows.claimed[np.where(again, rows.source, 0)], 0)
    is_duplicate = again & (first_claim + rules.horizon > reached)
    is_accepted = ~is_duplicate & (rows.cause != BROKEN)
    is_late = np.zeros(len(rows), dtype=np.bool_)
    counted = np.full((-(-rules.length // rules.slide), len(rows)), NOWHERE, dtype=np.int64)
    for back in range(len(counted)):
        start = rows.claimed // rules.slide * rules.slide - back * rules.slide
        end = start + rules.length
        holds = is_accepted & (end > rows.claimed)
        has_ended = end <= reached
        is_late |= holds & has_ended
        counted[back] = np.where(holds & ~has_ended, start, NOWHERE)
    return Verdicts(is_accepted, is_duplicate, is_late, counted)


@dataclass(frozen=True)
class Tally:
    """What is counted of one product in a window or an hour that begins at `start` (µs)."""

    start: int
    product_id: str
    category: str
    view_count: int
    cart_count: int
    purchase_count: int
    event_count: int


def window_tallies(draft: Draft, wares: Wares, found: Verdicts) -> list[Tally]:
    """By window and product, ascending."""
    where, record = np.nonzero(found.counted != NOWHERE)
    return _tallies(draft, wares, record, found.counted[where, record])


def hour_tallies(draft: Draft, wares: Wares, found: Verdicts) -> list[Tally]:
    """By hour and product, ascending; all that was accepted, late or not."""
    record = np.flatnonzero(found.is_accepted)
    return _tallies(draft, wares, record, draft.rows.claimed[record] // HOUR * HOUR)


def _tallies(draft: Draft, wares: Wares, record: NDArray[np.int64], start: NDArray[np.int64]) -> list[Tally]:
    product, kind, category = wares.product[record], wares.kind[record], wares.category[record]
    # Within a group the last one is the newest that has a category; of several the one that sorts last.
    order = np.lexsort((category, draft.rows.claimed[record], category != NO_CATEGORY, product, start))
    start, product, kind, category = start[order], product[order], kind[order], category[order]
    is_first = np.append(True, (np.diff(start) != 0) | (np.diff(product) != 0))[: len(order)]
    firsts = np.flatnonzero(is_first)
    lasts = np.append(firsts[1:], len(order)) - 1
    views, carts, purchases = (_sums(kind == number, firsts) for number in (VIEW, ADD_TO_CART, PURCHASE))
    return sorted(
        (
            Tally(
                int(start[last]),
                wares.products[product[last]],
                wares.categories[category[last]],
                int(views[number]),
                int(carts[number]),
                int(purchases[number]),
                int(last - first + 1),
            )
            for number, (first, last) in enumerate(zip(firsts, lasts, strict=True))
        ),
        key=lambda tally: (tally.start, tally.product_id),
    )


def _sums(which: NDArray[np.bool_], firsts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.add.reduceat(which.astype(np.int64), firsts) if len(firsts) else np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class PartitionTally:
    """What becomes of the records of one partition; `front` is the greatest time claimed (None: nothing came)."""

    partition: int
    received: int
    accepted: int
    duplicate: int
    rejected: int
    on_time: int
    late: int
    reasons: dict[str, int]
    front: int | None


def partition_tallies(
    draft: Draft, wares: Wares, found: Verdicts, partition: NDArray[np.int64], partitions: int
) -> Iterator[PartitionTally]:
    """By partition; those without records too."""
    claimed = np.where(draft.rows.cause == BROKEN, NOWHERE, draft.rows.claimed)
    for number in range(partitions):
        here = partition == number
        accepted, late = int((here & found.is_accepted).sum()), int((here & found.is_late).sum())
        refused = np.flatnonzero(here & (draft.rows.cause == BROKEN))
        front = int(claimed[here].max()) if here.any() else NOWHERE
        yield PartitionTally(
            partition=number,
            received=int(here.sum()),
            accepted=accepted,
            duplicate=int((here & found.is_duplicate).sum()),
            rejected=len(refused),
            on_time=accepted - late,
            late=late,
            reasons=dict(sorted(Counter(wares.reason(row) for row in refused.tolist()).items())),
            front=None if front == NOWHERE else front,
        )
