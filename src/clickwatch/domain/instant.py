"""Points in time as text: ISO 8601, UTC with `Z`, whole seconds where they are whole."""

from datetime import UTC, datetime, timedelta

_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def iso_utc(micros: int) -> str:
    """µs since the Unix epoch as text, such as `2026-01-26T07:10:00Z`; exact, for the years 1 to 9999."""
    return (_UNIX_EPOCH + micros * _MICROSECOND).isoformat().replace("+00:00", "Z")


def micros_of(iso: str) -> int:
    """The inverse of `iso_utc`. Raises ValueError if the text is no time with an offset."""
    moment = datetime.fromisoformat(iso)
    if moment.tzinfo is None:
        raise ValueError(f"{iso!r} has no offset")
    return (moment - _UNIX_EPOCH) // _MICROSECOND


def clock_utc(micros: int) -> str:
    """µs since the Unix epoch as `YYYY-MM-DD HH:MM`, UTC, for tables."""
    return (_UNIX_EPOCH + micros * _MICROSECOND).strftime("%Y-%m-%d %H:%M")
