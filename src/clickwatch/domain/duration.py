"""Durations as people write them: `2 minutes`, `30s`, `1 h`, `250ms`; a bare number counts in a given unit."""

import re
from decimal import Decimal

from clickwatch.domain.window import DAY, HOUR, MINUTE, SECOND

_UNITS = {
    "ms": 1000, "millisecond": 1000, "milliseconds": 1000,
    "s": SECOND, "sec": SECOND, "second": SECOND, "seconds": SECOND,
    "m": MINUTE, "min": MINUTE, "minute": MINUTE, "minutes": MINUTE,
    "h": HOUR, "hour": HOUR, "hours": HOUR,
    "d": DAY, "day": DAY, "days": DAY,
}  # fmt: skip
_PATTERN = re.compile(r"\s*(\d{1,9}(?:\.\d{1,6})?)\s*([a-z]*)\s*", re.ASCII | re.IGNORECASE)


def parse_duration(text: str, bare_unit: int = SECOND) -> int:
    """The duration in µs; raises ValueError with a sentence for people if `text` is none."""
    match = _PATTERN.fullmatch(text)
    unit = match.group(2).lower() if match else ""
    if match is None or (unit and unit not in _UNITS):
        raise ValueError(f"{text!r} is not a duration: write a number and a unit, such as 30s, 5 minutes or 1h")
    return int(Decimal(match.group(1)) * (_UNITS[unit] if unit else bare_unit))


def format_duration(micros: int) -> str:
    """The shortest exact writing of a duration, such as `2m` or `1500ms`."""
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND), ("ms", 1000)):
        if micros and micros % size == 0:
            return f"{micros // size}{unit}"
    return f"{Decimal(micros) / SECOND:f}s"
