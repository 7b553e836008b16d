"""The one judge of records: the event contract, version 1, applied to the bytes of a log record.

Every engine's answer is this one's. The first reason found wins, in the order: size, JSON, object, the fields in
the order of the contract's table, and last a time too far ahead of the log.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from clickwatch.domain.currency import CURRENCIES
from clickwatch.domain.event import (
    EVENT_TYPE_NAMES,
    FIELDS,
    MAX_PRICE,
    MAX_QUANTITY,
    MAX_RECORD_BYTES,
    PRICE_SCALE,
    Event,
    EventType,
    Field,
    Kind,
    Reason,
    Refusal,
)
from clickwatch.domain.number import fixed_point, whole_number
from clickwatch.domain.strict_json import JsonNumber, NotJson, parse_json
from clickwatch.domain.timestamp import parse_timestamp

_INTEGER_ID = re.compile("0|[1-9][0-9]{0,18}")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


class _Breach(Exception):
    """A field breaks the contract; the argument is the reason."""


def judge(raw: bytes, log_time: int, max_future: int) -> Event | Refusal:
    """Decide on one log record, without its line end. Never raises, whatever the bytes.

    `log_time` (when the log took the record in) and `max_future` (how far ahead of it an event may be) are in µs.
    """
    if len(raw) > MAX_RECORD_BYTES:
        return Refusal(Reason.TOO_LARGE)
    try:
        document = parse_json(raw)
    except NotJson:
        return Refusal(Reason.NOT_JSON)
    if not isinstance(document, tuple):
        return Refusal(Reason.NOT_AN_OBJECT)
    try:
        event = _event(document)
    except _Breach as breach:
        return Refusal(str(breach))
    if event.event_time > log_time + max_future:
        return Refusal(Reason.FUTURE_TIMESTAMP)
    return event


def _event(members: tuple[tuple[str, object], ...]) -> Event:
    values = dict(members)
    repeated = _repeated(members) if len(values) != len(members) else ()
    fields: dict[str, Any] = {}
    for field, attribute, read in _READERS:
        if field.name in repeated:
            raise _Breach(Reason.invalid(field.name))
        value = values.get(field.name)
        if value is not None:
            fields[attribute] = read(value, field)
        elif field.required:
            raise _Breach(Reason.missing(field.name))
    return Event(**fields)


def _repeated(members: tuple[tuple[str, object], ...]) -> set[str]:
    return {name for name, times in Counter(name for name, _ in members).items() if times > 1}


def _id(value: object, field: Field) -> str:
    if type(value) is JsonNumber and _INTEGER_ID.fullmatch(value):
        return str(value)
    return _text(value, field)


def _text(value: object, field: Field) -> str:
    # Printable text holds no control character: the cheap test spares nearly every value the search.
    if (
        type(value) is str
        and 1 <= len(value) <= field.max_length
        and (value.isprintable() or not _CONTROL.search(value))
    ):
        return value
    raise _Breach(Reason.invalid(field.name))


def _event_type(value: object, field: Field) -> EventType:
    if type(value) is not str:
        raise _Breach(Reason.invalid(field.name))
    if value not in EVENT_TYPE_NAMES:
        raise _Breach(Reason.UNKNOWN_EVENT_TYPE)
    return EVENT_TYPE_NAMES[value]


def _timestamp(value: object, field: Field) -> int:
    instant = parse_timestamp(value) if type(value) is str else None
    if instant is None:
        raise _Breach(Reason.invalid(field.name))
    return instant


def _quantity(value: object, field: Field) -> int:
    quantity = whole_number(value, MAX_QUANTITY) if type(value) is JsonNumber else None
    if not quantity:
        raise _Breach(Reason.invalid(field.name))
    return quantity


def _price(value: object, field: Field) -> Decimal:
    price = fixed_point(value, MAX_PRICE, PRICE_SCALE) if type(value) is JsonNumber else None
    if price is None:
        raise _Breach(Reason.invalid(field.name))
    return price


def _currency(value: object, field: Field) -> str:
    if type(value) is not str or value not in CURRENCIES:
        raise _Breach(Reason.invalid(field.name))
    return value


_READ: Mapping[Kind, Callable[[Any, Field], object]] = {
    Kind.ID: _id,
    Kind.TEXT: _text,
    Kind.EVENT_TYPE: _event_type,
    Kind.TIMESTAMP: _timestamp,
    Kind.QUANTITY: _quantity,
    Kind.PRICE: _price,
    Kind.CURRENCY: _currency,
}
_READERS = tuple(
    (field, "event_time" if field.kind is Kind.TIMESTAMP else field.name, _READ[field.kind]) for field in FIELDS
)
