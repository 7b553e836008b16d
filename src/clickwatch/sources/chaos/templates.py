"""Single records written out by hand: text with places for who sent it and when."""

from clickwatch.domain.instant import iso_utc
from clickwatch.domain.window import HOUR, MINUTE

USER, TIME, ELSEWHERE = b"@user", b"@time", b"@elsewhere"
_INDIA = 5 * HOUR + 30 * MINUTE


def filled(template: bytes, user: str, micros: int) -> bytes:
    """The record with its line end: `@user`, `@time` (ISO 8601 up to the seconds' fraction, UTC, without a zone)
    and `@elsewhere` (the same moment by a clock that is 5:30 ahead) stand for what their names say.
    """
    for place, text in (
        (USER, user),
        (TIME, clock(micros)),
        (ELSEWHERE, clock(micros + _INDIA)),
    ):
        template = template.replace(place, text.encode())
    return template + b"\n"


def clock(micros: int) -> str:
    """A moment as `YYYY-MM-DDTHH:MM:SS.ffffff`, UTC."""
    text = iso_utc(micros).removesuffix("Z")
    return text if "." in text else f"{text}.000000"
