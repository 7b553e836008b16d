"""The event as Arrow columns: what intake hands on and the archive keeps, derived from the contract's table."""

import pyarrow as pa

from clickwatch.domain.event import FIELDS, PRICE_PRECISION, PRICE_SCALE, Kind

_REPEATING = pa.dictionary(pa.int32(), pa.string())
_TYPES = {
    Kind.ID: _REPEATING,
    Kind.EVENT_TYPE: _REPEATING,
    Kind.CURRENCY: _REPEATING,
    Kind.TEXT: pa.string(),
    Kind.TIMESTAMP: pa.int64(),
    Kind.QUANTITY: pa.int64(),
    Kind.PRICE: pa.decimal128(PRICE_PRECISION, PRICE_SCALE),
}
_NEVER_NULL = {"category", "quantity"}


def _column(name: str, kind: Kind, required: bool) -> pa.Field:
    if kind is Kind.TIMESTAMP:
        return pa.field("event_time", pa.int64(), nullable=False)
    data_type = _REPEATING if name == "category" else _TYPES[kind]
    return pa.field(name, data_type, nullable=not (required or name in _NEVER_NULL))


VALID_COLUMNS = pa.schema([_column(f.name, f.kind, f.required) for f in FIELDS])
"""Valid records before pseudonyms: the contract's fields, `timestamp` as `event_time` (int64, µs, UTC)."""

ARCHIVE_COLUMNS = pa.schema(
    [
        pa.field("user_key", pa.string(), nullable=False),
        pa.field("product_id", pa.string(), nullable=False),
        pa.field("event_type", pa.string(), nullable=False),
        pa.field("event_time", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("category", pa.string(), nullable=False),
        pa.field("event_id", pa.string()),
        pa.field("session_id", pa.string()),
        pa.field("order_id", pa.string()),
        pa.field("quantity", pa.int64(), nullable=False),
        pa.field("price", pa.decimal128(PRICE_PRECISION, PRICE_SCALE)),
        pa.field("currency", pa.string()),
        pa.field("is_late", pa.bool_(), nullable=False),
        pa.field("source_partition", pa.int32(), nullable=False),
        pa.field("source_offset", pa.int64(), nullable=False),
        pa.field("epoch", pa.int64(), nullable=False),
    ]
)
"""Accepted events. In memory the repeating strings may be dictionary-encoded; on disk they are plain strings."""
