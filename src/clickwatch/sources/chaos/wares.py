"""What the records tell of: product, category and kind, by position, as the generator means them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clickwatch.sources.chaos.breakages import BREAKAGES
from clickwatch.sources.chaos.brinks import BRINK_CATEGORIES, BRINK_PRODUCT
from clickwatch.sources.chaos.draft import Draft, burst_kinds
from clickwatch.sources.chaos.hostile import HOSTILE_NAMES, HostileShop
from clickwatch.sources.chaos.oddities import ODDITIES
from clickwatch.sources.chaos.rows import BRINK, BROKEN, BURST, BURSTS, BY_HAND, ODD
from clickwatch.sources.shop import PRODUCTS
from clickwatch.sources.shoppers import Actions

NO_CATEGORY = 0
_UNKNOWN = "unknown"
BURST_CATEGORY = "bursts"


@dataclass(frozen=True)
class Wares:
    """Columns by record: numbers in `products` and `categories` (in order of code points), and the kind of event.

    What a broken record tells of means nothing.
    """

    products: tuple[str, ...]
    categories: tuple[str, ...]
    product: NDArray[np.int64]
    category: NDArray[np.int64]
    kind: NDArray[np.int64]
    cause: NDArray[np.int64]
    source: NDArray[np.int64]

    def reason(self, row: int) -> str:
        """Why a broken record has to be refused."""
        return BREAKAGES[self.source[row]].reason

    @property
    def is_hostile(self) -> NDArray[np.bool_]:
        """Whether the record tells of a product with a hostile name."""
        hostile = np.array([name in HOSTILE_NAMES for name in self.products])
        told: NDArray[np.bool_] = hostile[self.product] & (self.cause != BROKEN)
        return told


def wares_of(draft: Draft, shop: HostileShop, actions: Actions) -> Wares:
    """What all records of a draft tell of."""
    named = [
        *((shop.products[number], shop.category(number)) for number in range(PRODUCTS)),
        *((oddity.product, oddity.category or _UNKNOWN) for oddity in ODDITIES),
        *((name, BURST_CATEGORY) for name in BURSTS),
        *((BRINK_PRODUCT, category or _UNKNOWN) for category in BRINK_CATEGORIES),
    ]
    products = tuple(sorted({product for product, _ in named}))
    # First of all the one that is none, so that it never takes the place of another.
    categories = (_UNKNOWN, *sorted({category for _, category in named} - {_UNKNOWN}))
    item = _items(draft, actions)
    return Wares(
        products,
        categories,
        np.array([products.index(product) for product, _ in named])[item],
        np.array([categories.index(category) for _, category in named])[item],
        _kinds(draft, actions),
        draft.rows.cause,
        draft.rows.source,
    )


def _items(draft: Draft, actions: Actions) -> NDArray[np.int64]:
    """The place of each record's product in the list above: the shop's, then those of oddities, bursts and brinks."""
    rows = draft.rows
    item = np.zeros(len(rows), dtype=np.int64)
    acts = ~np.isin(rows.cause, BY_HAND)
    item[acts] = actions.product[rows.source[acts]]
    odd, burst = rows.cause == ODD, rows.cause == BURST
    item[odd] = PRODUCTS + rows.source[odd]
    item[burst] = PRODUCTS + len(ODDITIES) + rows.source[burst] % len(BURSTS)
    brink = rows.cause == BRINK
    item[brink] = PRODUCTS + len(ODDITIES) + len(BURSTS) + rows.source[brink]
    return item


def _kinds(draft: Draft, actions: Actions) -> NDArray[np.int64]:
    rows = draft.rows
    kind = np.zeros(len(rows), dtype=np.int64)
    acts = ~np.isin(rows.cause, BY_HAND)
    kind[acts] = actions.kind[rows.source[acts]]
    odd, burst = rows.cause == ODD, rows.cause == BURST
    kind[odd] = np.array([oddity.kind for oddity in ODDITIES])[rows.source[odd]]
    kind[burst] = burst_kinds(rows.source[burst])
    return kind
