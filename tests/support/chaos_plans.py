"""Plans of chaos that are small and have room for everything."""

from typing import Any

from clickwatch.domain.instant import micros_of
from clickwatch.domain.window import HOUR
from clickwatch.sources.chaos.plan import ChaosPlan, ChaosRules

START = micros_of("2026-01-26T22:30:00Z")


def chaos_plan(**changes: Any) -> ChaosPlan:
    """Three hours around a midnight: 3,000 records on three partitions, unless told otherwise."""
    usual: dict[str, Any] = {
        "start": START,
        "duration": 3 * HOUR,
        "events": 3000,
        "seed": 7,
        "high_interest": ("PROD_001", "PROD_002"),
        "partitions": 3,
        "rules": ChaosRules(min_views=10),
    }
    return ChaosPlan(**{**usual, **changes})
