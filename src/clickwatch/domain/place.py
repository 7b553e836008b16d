"""Where a record stands in the log, as people and files write it: `0:1234` is offset 1234 of partition 0."""

import re
from dataclasses import dataclass

_PATTERN = re.compile(r"(\d{1,10}):(\d{1,19})", re.ASCII)
_MAX_PARTITION = 2**31 - 1
_MAX_OFFSET = 2**63 - 1


@dataclass(frozen=True, order=True)
class Place:
    """An offset of a partition; places sort as the log does."""

    partition: int
    offset: int

    @classmethod
    def parse(cls, text: str) -> "Place":
        """The place that `text` names. Raises ValueError with a sentence for people."""
        match = _PATTERN.fullmatch(text)
        if match:
            place = cls(int(match[1]), int(match[2]))
            if place.partition <= _MAX_PARTITION and place.offset <= _MAX_OFFSET:
                return place
        raise ValueError(f"{text[:40]!r} is no place: write partition and offset, such as 0:1234")

    def __str__(self) -> str:
        return f"{self.partition}:{self.offset}"
