"""Names that keep the contract and mean harm: whatever shows, stores or exports them has to treat them as text."""

from dataclasses import dataclass
from functools import cached_property

from clickwatch.sources.shop import PRODUCTS, Shop

HOSTILE_NAMES = (
    '=HYPERLINK("http://example.invalid","click")',
    "+1+1",
    "-2+3|cmd",
    "@SUM(A1:A9)",
    "<script>alert(1)</script>",
    "<b>&amp;</b>\"'",
    "[bold red]markup[/bold red] :smile:",
    "{{7*7}} ${x} {% raw %} %s %(x)s",
    "'; DROP TABLE windows; --",
    '"quoted","comma",;',
    "\\x1b[31mred\\u001b",
    "../../../etc/passwd",
    "a/b\\c:d*e?f",
    "\u202egnp.exe\u2066",
    "zero\u200bwidth\ufeff\u00ad",
    "line\u2028separated\u2029",
    " blanks around ",
    "e\u0301 is not \u00e9",
    "\U0001f600" * 128,
    "漢" * 128,
    "x" * 128,
    "\U0010fffd\uffee",
    "unknown",
    "null",
    "12345",
)
"""Formulas, markup, templates, SQL, paths, marks that turn text around, long ones, and words that mean something."""


@dataclass(frozen=True)
class HostileShop(Shop):
    """The shop with hostile names in the places of the last ordinary products, as ids and as categories."""

    @cached_property
    def products(self) -> tuple[str, ...]:
        """The product ids, by product number."""
        names = list(super().products)
        for place, name in self.hostile.items():
            names[place] = name
        return tuple(names)

    @cached_property
    def hostile(self) -> dict[int, str]:
        """The hostile names by product number; none that is a product of high interest by chance."""
        names = list(super().products)
        places = [place for place in range(PRODUCTS) if names[place] not in self.high_interest]
        wanted = [name for name in HOSTILE_NAMES if name not in names]
        return dict(zip(places[len(places) - len(wanted) :], wanted, strict=True))

    def category(self, product: int) -> str:
        """A hostile product stands in the category that is named like another one."""
        name = self.hostile.get(product)
        return super().category(product) if name is None else HOSTILE_NAMES[-1 - HOSTILE_NAMES.index(name)]
