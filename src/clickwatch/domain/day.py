"""A UTC day: what reports are about."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from clickwatch.domain.window import DAY

_UNIX_EPOCH = date(1970, 1, 1)
_PATTERN = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, order=True)
class Day:
    """The half-open time `[start, end)` of one date, UTC."""

    date: date

    @classmethod
    def parse(cls, text: str) -> "Day":
        """The day written as `YYYY-MM-DD`. Raises ValueError with a sentence for people."""
        if _PATTERN.fullmatch(text):
            try:
                return cls(date.fromisoformat(text))
            except ValueError as error:
                raise ValueError(f"{text} is not in the calendar: {error}") from None
        raise ValueError(f"{text!r} is no date: write YYYY-MM-DD")

    @classmethod
    def of(cls, micros: int) -> "Day":
        """The day that holds a time (µs since the Unix epoch)."""
        return cls(_UNIX_EPOCH + timedelta(days=micros // DAY))

    @property
    def start(self) -> int:
        """Its first moment, µs since the Unix epoch."""
        return (self.date - _UNIX_EPOCH).days * DAY

    @property
    def end(self) -> int:
        """The first moment after it, µs since the Unix epoch."""
        return self.start + DAY

    @property
    def compact(self) -> str:
        """As in file names: `20260126`."""
        return str(self).replace("-", "")

    def through(self, last: "Day") -> Iterator["Day"]:
        """This day and those after it, up to and with `last`."""
        for number in range((last.date - self.date).days + 1):
            yield Day(self.date + timedelta(days=number))

    def __str__(self) -> str:
        return self.date.isoformat()
