"""The shop that synthetic shoppers visit: 1,000 users, 100 products, 6 categories; the same for every seed."""

import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clickwatch.errors import SourceError

USERS = 1000
PRODUCTS = 100
CATEGORIES = ("smartphones", "laptops", "headphones", "tablets", "cameras", "wearables")
CURRENCY = "USD"
_BASE_PRICES = (699.0, 1199.0, 149.0, 449.0, 799.0, 229.0)

HIGH_INTEREST_SHARE = 0.24
"""The part of all views that goes to the high-interest products together."""
HIGH_INTEREST_BOUGHT = 0.0005
"""The part of their views that leads to a purchase, at most (see `Shop.bought_share`)."""
BOUGHT, CARTED, TAKEN_OUT = 0.12, 0.20, 0.04
"""The parts of an ordinary product's views that lead to a purchase, into the cart, and out of it again."""
HIGH_INTEREST_CARTED, HIGH_INTEREST_TAKEN_OUT = 0.02, 0.01


@dataclass(frozen=True)
class Shop:
    """A catalogue in which `high_interest` products are looked at a lot and hardly ever bought.

    They stand where their names belong (`PROD_001`…`PROD_100`); other names take the places at the end.
    Raises SourceError if they are more than half of the catalogue.
    """

    high_interest: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(set(self.high_interest)) > PRODUCTS // 2:
            raise SourceError(
                f"{len(set(self.high_interest))} products are to be of high interest, of {PRODUCTS} in the shop",
                f"Name at most {PRODUCTS // 2} in PRODUCER_HIGH_INTEREST_PRODUCT_IDS",
            )

    @cached_property
    def products(self) -> tuple[str, ...]:
        """The product ids, by product number."""
        standard = [f"PROD_{number:03d}" for number in range(1, PRODUCTS + 1)]
        foreign = [name for name in dict.fromkeys(self.high_interest) if name not in standard]
        free = [place for place, name in enumerate(standard) if name not in self.high_interest]
        for place, name in zip(free[len(free) - len(foreign) :], foreign, strict=True):
            standard[place] = name
        return tuple(standard)

    @cached_property
    def is_high_interest(self) -> NDArray[np.bool_]:
        """Per product number."""
        return np.array([name in self.high_interest for name in self.products])

    def category(self, product: int) -> str:
        """The one category of a product."""
        return CATEGORIES[product % len(CATEGORIES)]

    def price(self, product: int) -> str:
        """The one price of a product, as it is written in JSON."""
        return f"{_BASE_PRICES[product % len(CATEGORIES)] + 10 * (product // len(CATEGORIES)):.2f}"

    @cached_property
    def popularity(self) -> NDArray[np.float64]:
        """The part of all views that each product gets; the ordinary ones differ by up to two to one."""
        weights = 1.0 + (np.arange(PRODUCTS) * 37 % PRODUCTS) / (PRODUCTS - 1)
        high = self.is_high_interest
        share = HIGH_INTEREST_SHARE if high.any() else 0.0
        ordinary = weights / weights[~high].sum() * (1.0 - share)
        spread: NDArray[np.float64] = np.where(high, share / max(1, high.sum()), ordinary)
        return spread

    def bought_share(self, views_in_ten_minutes: float) -> NDArray[np.float64]:
        """The part of each product's views that leads to a purchase, where the shop sees so many views.

        In a very busy shop even one purchase in 2,000 views would soon be five in a window; high-interest
        products are bought once in ten minutes at most, so that they remain what they are.
        """
        busiest = views_in_ten_minutes * self.popularity
        seldom = np.minimum(HIGH_INTEREST_BOUGHT, 1.0 / np.maximum(busiest, 1.0))
        return np.where(self.is_high_interest, seldom, BOUGHT)


def json_bytes(text: str) -> bytes:
    """A string as JSON, in UTF-8."""
    return json.dumps(text, ensure_ascii=False).encode()
