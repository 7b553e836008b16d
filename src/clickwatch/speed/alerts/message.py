"""A message to people about one episode, as a value and as the JSON that is kept and sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from clickwatch.domain.alert import conversion_rate
from clickwatch.domain.instant import iso_utc, micros_of

BEGINNING = "beginning"
END = "end"
CORRECTION = "correction"
TEST = "test"
"""Sent by hand to see whether messages arrive; never written to the outbox."""

_TIMES = ("window_start", "window_end", "first_window_start")


@dataclass(frozen=True)
class AlertMessage:
    """What is said of an episode. Times are µs since the Unix epoch, UTC; windows are half-open.

    A `beginning` and its `correction` show the episode's strongest recent window, an `end` shows its last one. A
    `test` shows a window that nobody looked at.
    """

    kind: str
    rule: str
    product_id: str
    category: str
    window_start: int
    window_end: int
    view_count: int
    purchase_count: int
    first_window_start: int
    episode_id: str

    @property
    def key(self) -> str:
        """What messages of one kind of thing have in common."""
        return self.product_id

    @property
    def conversion_rate(self) -> Decimal | None:
        """Purchases per view of the window, in per cent, two decimals."""
        return conversion_rate(self.view_count, self.purchase_count)

    def fields(self) -> dict[str, Any]:
        """The message for JSON: times as ISO 8601 UTC, the conversion rate as a number or null."""
        rate = self.conversion_rate
        return {
            "kind": self.kind,
            "rule": self.rule,
            "product_id": self.product_id,
            "category": self.category,
            "window_start": iso_utc(self.window_start),
            "window_end": iso_utc(self.window_end),
            "view_count": self.view_count,
            "purchase_count": self.purchase_count,
            "conversion_rate": None if rate is None else float(rate),
            "first_window_start": iso_utc(self.first_window_start),
            "episode_id": self.episode_id,
        }

    def to_json(self) -> str:
        """One line of ASCII, so that no terminal, mail or file is troubled by what shops name their products."""
        return json.dumps(self.fields())

    @classmethod
    def from_json(cls, payload: str) -> "AlertMessage":
        """The inverse of `to_json`."""
        known: Mapping[str, Any] = json.loads(payload)
        values = {name: known[name] for name in cls.__dataclass_fields__}
        return cls(**values | {name: micros_of(known[name]) for name in _TIMES})
