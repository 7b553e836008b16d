"""Clicks as a bad day brings them: out of order, repeated, late, broken, over midnight, some products hot."""

import json
from datetime import UTC, datetime, timedelta
from random import Random

from tests.support.mangling import mangled

BEGINS = datetime(2026, 1, 25, 21, tzinfo=UTC)
MINUTES_PER_RECORD = 0.05
"""5,000 records take a bit more than four hours of event time, midnight among them."""


class MixedClicks:
    """The same seed gives the same records, whatever the sizes of the batches."""

    def __init__(self, seed: int, partitions: int) -> None:
        self._random = Random(seed)
        self._partitions = partitions
        self._made = 0
        self._recent: list[tuple[int, bytes]] = []

    def batch(self, count: int) -> dict[int, bytes]:
        """The next records as newline-terminated lines, by partition."""
        lines = dict.fromkeys(range(self._partitions), b"")
        for _ in range(count):
            partition, record = self._next()
            lines[partition] += record + b"\n"
        return lines

    def _next(self) -> tuple[int, bytes]:
        random = self._random
        kind = random.random()
        if kind < 0.08 and self._recent:
            return random.choice(self._recent)
        self._made += 1
        user = random.randrange(60)
        partition, record = user % self._partitions, self._click(user)
        if kind < 0.16:
            return partition, mangled(random, record)
        self._recent = [*self._recent[-200:], (partition, record)]
        return partition, record

    def _click(self, user: int) -> bytes:
        random = self._random
        behind = random.choice([0.0, 0.0, 1.0, 4.0, 40.0]) * random.random()
        at = BEGINS + timedelta(minutes=self._made * MINUTES_PER_RECORD - behind)
        is_hot = random.random() < 0.4
        product = random.randrange(2) if is_hot else random.randrange(2, 40)
        click: dict[str, object] = {
            "user_id": f"USER_{user}",
            "product_id": f"PROD_{product:03}",
            "event_type": "view" if is_hot else random.choice(["view", "view", "add_to_cart", "remove_from_cart"]),
            "timestamp": at.isoformat(),
            "category": random.choice([None, f"category {product % 4}", "toys"]),
        }
        if random.random() < 0.9:
            click["event_id"] = f"e{self._made}"
        if not is_hot and random.random() < 0.2:
            click |= {"event_type": "purchase", "price": random.randrange(9999) / 100, "currency": "EUR", "quantity": 2}
        return json.dumps(click, separators=(",", ":")).encode()
