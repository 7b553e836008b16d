"""Numbers, times and sizes as people read them."""

from clickwatch.domain.instant import iso_utc
from clickwatch.domain.window import HOUR, MINUTE, SECOND


def clock_time(moment: int) -> str:
    """µs since the Unix epoch as date and time to the second, UTC (the unit is not written)."""
    return iso_utc(moment // SECOND * SECOND).replace("T", " ").removesuffix("Z")


def size(count: int) -> str:
    """Bytes, in the decimal unit that fits."""
    value = float(count)
    for unit in ("bytes", "kB", "MB"):
        if value < 1000:
            return f"{value:,.0f} {unit}" if unit == "bytes" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:,.2f} GB"


def number_of(count: int, one: str, many: str) -> str:
    """A count with its noun: `1 row`, `2,000 rows`."""
    return f"{count:,} {one if count == 1 else many}"


def elapsed(micros: int) -> str:
    """A measured time: `0.4 s`, `5m 0s`, `2h 13m`."""
    if micros < MINUTE:
        return f"{micros / SECOND:.1f} s"
    if micros < HOUR:
        return f"{micros // MINUTE}m {micros % MINUTE // SECOND}s"
    return f"{micros // HOUR}h {micros % HOUR // MINUTE}m"
