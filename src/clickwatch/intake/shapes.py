"""Shapes of plain records: which bytes of a producer's records never change, and where its values stand.

A record of a shape is `gap value gap value … gap`: the gaps (braces, keys, colons, commas, layout, and literals
such as null) are the same bytes in each of its records. Whoever proves that the gaps of a record are these bytes,
and that each value between them is a simple one, has proved that the record is this JSON object.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from clickwatch.domain.event import FIELDS, Kind

MAX_GAP = 256
"""The longest gap of a shape, in bytes."""
SEPARATORS = (b',"', b', "')
"""What may stand between two members up to the quote of the second one's key; one of them throughout a shape."""

_MEMBER = re.compile(
    rb' *"(?P<key>[^"\\\x00-\x1f]*)" *: *'
    rb'(?:"(?P<text>[^"\\\x00-\x1f]*)"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)'
    rb"|(?P<literal>null|true|false)) *(?P<end>[,}])"
)
_FIELDS = {field.name: field for field in FIELDS}
_REQUIRED = frozenset(field.name for field in FIELDS if field.required)
_BARE = frozenset({Kind.QUANTITY, Kind.PRICE})


@dataclass(frozen=True)
class Member:
    """A value that differs from record to record; `name` is None where the contract has no such field."""

    name: str | None
    quoted: bool


@dataclass(frozen=True)
class Shape:
    """`gaps` has one entry more than `members`; a quoted value's quotes belong to the gaps around it."""

    members: tuple[Member, ...]
    gaps: tuple[bytes, ...]
    separator: bytes

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.members, self.gaps, self.separator))

    @cached_property
    def quotes(self) -> int:
        """How many quotes a record of this shape has."""
        return sum(gap.count(b'"') for gap in self.gaps)

    @cached_property
    def separators(self) -> int:
        """How many separators a record of this shape has."""
        return sum(gap.count(self.separator) for gap in self.gaps)

    @cached_property
    def anchors(self) -> tuple[tuple[int, int], ...]:
        """Of each gap between two values: which separator of the record is in it first, and how far in."""
        before = 0
        anchors = []
        for gap in self.gaps[:-1]:
            anchors.append((before, gap.find(self.separator)))
            before += gap.count(self.separator)
        return tuple(anchors[1:])


def learn(record: bytes) -> Shape | None:
    """The shape of a record; None if it is none of the simple kind (it may still be a valid event)."""
    read = _read_members(record)
    if read is None:
        return None
    members, gaps = read
    names = [member.name for member in members if member.name]
    if not _REQUIRED.issubset(names) or max(map(len, gaps)) > MAX_GAP:
        return None
    for separator in SEPARATORS:
        between = zip(members, gaps[1:-1], strict=False)
        if all(gap.startswith(separator, 1 if member.quoted else 0) for member, gap in between):
            return Shape(tuple(members), tuple(gaps), separator)
    return None


def _read_members(record: bytes) -> tuple[list[Member], list[bytes]] | None:
    if not record.startswith(b"{"):
        return None
    position, gap_start, ended = 1, 0, False
    members: list[Member] = []
    gaps: list[bytes] = []
    seen: set[str] = set()
    while not ended:
        match = _MEMBER.match(record, position)
        if match is None:
            return None
        position, ended = match.end(), match["end"] == b"}"
        key = match["key"].decode("utf-8", "replace")
        if key in seen or not _fits(key, match):
            return None
        seen.update({key} & _FIELDS.keys())
        if match["literal"] is None:
            span = match.span("number" if match["text"] is None else "text")
            members.append(Member(key if key in _FIELDS else None, quoted=match["text"] is not None))
            gaps.append(record[gap_start : span[0]])
            gap_start = span[1]
    gaps.append(record[gap_start:])
    return (members, gaps) if not record[position:].strip(b" ") else None


def _fits(key: str, match: re.Match[bytes]) -> bool:
    """Whether the form of the value is one that the vectorised path can decide on for this key."""
    field = _FIELDS.get(key)
    if field is None:
        return True
    if match["literal"] is not None:
        return match["literal"] == b"null" and not field.required
    if field.kind is Kind.ID:
        return True
    return (match["number"] is not None) == (field.kind in _BARE)
