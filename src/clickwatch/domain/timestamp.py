"""Timestamps of the event contract: ISO 8601 with an offset, read into µs since the Unix epoch, UTC."""

import re
from datetime import datetime

from clickwatch.domain.window import HOUR, MINUTE, SECOND

_PATTERN = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])"
    r"(?:\.([0-9]{1,9}))?"
    r"(?:Z|([+-])([0-9]{2}):?([0-5][0-9]))"
)
_EPOCH = datetime(1970, 1, 1)
_END = (datetime(9999, 12, 31) - _EPOCH).days * 24 * HOUR + 24 * HOUR
_MAX_OFFSET = 14 * HOUR


def parse_timestamp(text: str) -> int | None:
    """The instant of `YYYY-MM-DDTHH:MM:SS[.f{1,9}](Z|±HH[:]MM)` in µs; None if `text` is none that the contract takes.

    Offsets go up to 14:00. What is finer than a µs is cut off. The year as written and the instant in UTC both
    lie in 1970 to 9999.
    """
    match = _PATTERN.fullmatch(text)
    if match is None:
        return None
    try:
        local = datetime.fromisoformat(match[1])
    except ValueError:  # no such day in the calendar
        return None
    if local.year < _EPOCH.year:
        return None
    offset = _offset(match[3], match[4], match[5])
    if abs(offset) > _MAX_OFFSET:
        return None
    since = local - _EPOCH
    instant = (since.days * 86_400 + since.seconds) * SECOND + _micros(match[2]) - offset
    return instant if 0 <= instant < _END else None


def _offset(sign: str | None, hours: str, minutes: str) -> int:
    if sign is None:
        return 0
    size = int(hours) * HOUR + int(minutes) * MINUTE
    return -size if sign == "-" else size


def _micros(fraction: str | None) -> int:
    return 0 if fraction is None else int(fraction[:6].ljust(6, "0"))
