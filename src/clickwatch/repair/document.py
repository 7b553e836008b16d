"""The file that people edit: one JSON object per line, with the place of a refused record and the record itself.

`record` is what is sent: a JSON object, or the record's text where it is none. The other members are there to
be read and change nothing: `reason`, `log_time`, `length` (bytes), and the original as it came, in `raw` or, where it
is not UTF-8, in `raw_base64`.
"""

import base64
import json
from dataclasses import dataclass

from clickwatch.domain.instant import iso_utc
from clickwatch.domain.place import Place
from clickwatch.domain.plain_text import printable
from clickwatch.domain.strict_json import NotJson, parse_json
from clickwatch.repair.json_text import text_of, visible
from clickwatch.store.quarantine import QuarantinedRecord

MAX_LINE_BYTES = 1024 * 1024
"""Of a line, without its end: room for a record of 32 KiB twice, every character of it escaped."""

_CUT = "…"


class Malformed(ValueError):
    """A line that says nothing that could be sent; the argument says why, for people."""


@dataclass(frozen=True)
class Proposal:
    """What a line proposes: to send `raw` in place of the refused record at `place`."""

    place: Place
    raw: bytes


def line_of(record: QuarantinedRecord) -> str:
    """The line of a refused record, without its end.

    Sent unedited it would be refused again: bytes that are not UTF-8 stand in `record` as `\\xff`, which JSON does not
    know, and a record that is not kept whole ends in `…`.
    """
    head = {"place": str(record.place), "reason": record.reason, "log_time": iso_utc(record.log_time)}
    members = [*head.items(), ("length", record.length), _original(record.raw)]
    start = ", ".join(f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in members)
    return visible(f'{{{start}, "record": {_editable(record)}}}')


def _original(raw: bytes) -> tuple[str, str]:
    try:
        return "raw", raw.decode("utf-8")
    except UnicodeDecodeError:
        return "raw_base64", base64.b64encode(raw).decode("ascii")


def _editable(record: QuarantinedRecord) -> str:
    document = _as_object(record.raw) if record.is_whole else None
    if document is not None:
        return text_of(document)
    text = record.raw.decode("utf-8", "backslashreplace")
    return json.dumps(text if record.is_whole else text + _CUT, ensure_ascii=False)


def _as_object(raw: bytes) -> object:
    """The record as an object that can be read back from within a line, one level deeper; None if it is none."""
    try:
        line = parse_json(b'{"record":' + raw + b"}")
    except NotJson:
        return None
    if not isinstance(line, tuple) or len(line) != 1 or not isinstance(line[0][1], tuple):
        return None
    return line[0][1]


def proposal_of(line: bytes) -> Proposal:
    """What a line of the edited file, without its end, proposes. Raises Malformed."""
    try:
        members = parse_json(line)
    except NotJson as error:
        raise Malformed(f"it is not JSON: {printable(str(error))}") from None
    if not isinstance(members, tuple):
        raise Malformed("it is no JSON object")
    return Proposal(_place(_only(members, "place")), _record(_only(members, "record")))


def _only(members: tuple[tuple[str, object], ...], name: str) -> object:
    values = [value for key, value in members if key == name]
    if len(values) != 1:
        raise Malformed(f"`{name}` is {'missing' if not values else 'there twice'}")
    return values[0]


def _place(value: object) -> Place:
    if type(value) is not str:
        raise Malformed("`place` is no text such as 0:1234")
    try:
        return Place.parse(value)
    except ValueError as error:
        raise Malformed(f"`place`: {printable(str(error))}") from None


def _record(value: object) -> bytes:
    if isinstance(value, tuple):
        return text_of(value).encode("utf-8")
    if type(value) is not str:
        raise Malformed("`record` is neither an object nor text")
    return value.strip(" \t\r\n").encode("utf-8")
