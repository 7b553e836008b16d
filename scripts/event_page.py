"""The page of the event contract, written from `domain/event.py`."""

from clickwatch.domain.event import (
    CONTRACT_VERSION,
    EVENT_TYPE_NAMES,
    FIELDS,
    MAX_DEPTH,
    MAX_PRICE,
    MAX_QUANTITY,
    MAX_RECORD_BYTES,
    PRICE_PRECISION,
    PRICE_SCALE,
    EventType,
    Field,
    Kind,
    Reason,
)

_RULES = {
    Kind.ID: "string of 1 to {length} characters, or a JSON integer, taken as its digits",
    Kind.TEXT: "string of 1 to {length} characters",
    Kind.EVENT_TYPE: "one of the names below",
    Kind.TIMESTAMP: "ISO 8601 with an offset or `Z`: `YYYY-MM-DDTHH:MM:SS[.fraction]`, years 1970 to 9999",
    Kind.QUANTITY: f"whole number from 1 to {MAX_QUANTITY:,}; 1 if missing",
    Kind.PRICE: f"0 or more, below {MAX_PRICE:,}; kept as decimal({PRICE_PRECISION}, {PRICE_SCALE}), half-even",
    Kind.CURRENCY: "ISO 4217 code",
}
_EXAMPLE = (
    '{"user_id":"USER_0123","product_id":"PROD_001","event_type":"view",'
    '"timestamp":"2026-01-26T07:10:15.123456+00:00","category":"smartphones"}'
)
_INTRODUCTION = f"""\
# The event, version {CONTRACT_VERSION}

One event is one JSON object on one line: UTF-8, at most {MAX_RECORD_BYTES // 1024} KiB, nested {MAX_DEPTH} deep.

```json
{_EXAMPLE}
```

Any other field is dropped. Null in an optional field is a missing field. Characters are code points; control
characters are refused. `category` is `unknown` if missing.

| field | needed | rule |
|---|---|---|
"""
_TYPES = """\

## Event types

| type | names that mean it |
|---|---|
"""
_REASONS = f"""\

## Why a record is refused

A refused record is kept in quarantine with the first reason found, in this order, and takes nothing else with it.

| reason | meaning |
|---|---|
| `{Reason.TOO_LARGE}` | longer than {MAX_RECORD_BYTES // 1024} KiB |
| `{Reason.NOT_JSON}` | not one JSON document (RFC 8259): also NaN, bad UTF-8, a byte order mark, an empty line |
| `{Reason.NOT_AN_OBJECT}` | JSON, and not an object |
| `{Reason.missing("<field>")}` | a needed field is absent or null |
| `{Reason.invalid("<field>")}` | a field breaks its rule, or is there twice |
| `{Reason.UNKNOWN_EVENT_TYPE}` | `event_type` is none of the names above |
| `{Reason.FUTURE_TIMESTAMP}` | further ahead of the log's own time than `INTAKE_MAX_FUTURE` |
"""


def _field_row(field: Field) -> str:
    needed = "yes" if field.required else ""
    return f"| `{field.name}` | {needed} | {_RULES[field.kind].format(length=field.max_length)} |\n"


def _type_row(event_type: EventType) -> str:
    names = ", ".join(f"`{name}`" for name, meant in EVENT_TYPE_NAMES.items() if meant is event_type)
    return f"| `{event_type}` | {names} |\n"


def event_page() -> str:
    """docs/events.md."""
    return "".join([_INTRODUCTION, *map(_field_row, FIELDS), _TYPES, *map(_type_row, EventType), _REASONS])
