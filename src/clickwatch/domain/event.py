"""The event contract, version 1, stated once: validation, columns and documentation derive from here."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

CONTRACT_VERSION = 1
MAX_RECORD_BYTES = 32 * 1024
MAX_DEPTH = 64
UNKNOWN_CATEGORY = "unknown"


class EventType(StrEnum):
    """What a shopper did."""

    VIEW = "view"
    ADD_TO_CART = "add_to_cart"
    REMOVE_FROM_CART = "remove_from_cart"
    PURCHASE = "purchase"


EVENT_TYPE_NAMES: dict[str, EventType] = {
    # ours, which are also those of GA4 but for the view
    "view": EventType.VIEW,
    "add_to_cart": EventType.ADD_TO_CART,
    "remove_from_cart": EventType.REMOVE_FROM_CART,
    "purchase": EventType.PURCHASE,
    # Google Analytics 4, recommended e-commerce events
    "view_item": EventType.VIEW,
    # Segment, e-commerce specification v2
    "Product Viewed": EventType.VIEW,
    "Product Added": EventType.ADD_TO_CART,
    "Product Removed": EventType.REMOVE_FROM_CART,
    "Order Completed": EventType.PURCHASE,
    # REES46 open data sets
    "cart": EventType.ADD_TO_CART,
}


class Kind(StrEnum):
    """How a field's JSON value is judged."""

    ID = "id"  # a string, or a JSON integer taken as its digits
    TEXT = "text"
    EVENT_TYPE = "event_type"
    TIMESTAMP = "timestamp"
    QUANTITY = "quantity"
    PRICE = "price"
    CURRENCY = "currency"


@dataclass(frozen=True)
class Field:
    """One row of the contract's table. `max_length` is in code points."""

    name: str
    kind: Kind
    required: bool
    max_length: int = 0


FIELDS: tuple[Field, ...] = (
    Field("user_id", Kind.ID, required=True, max_length=128),
    Field("product_id", Kind.ID, required=True, max_length=128),
    Field("event_type", Kind.EVENT_TYPE, required=True),
    Field("timestamp", Kind.TIMESTAMP, required=True),
    Field("category", Kind.TEXT, required=False, max_length=128),
    Field("event_id", Kind.TEXT, required=False, max_length=64),
    Field("session_id", Kind.TEXT, required=False, max_length=128),
    Field("order_id", Kind.TEXT, required=False, max_length=128),
    Field("quantity", Kind.QUANTITY, required=False),
    Field("price", Kind.PRICE, required=False),
    Field("currency", Kind.CURRENCY, required=False),
)
FIELD_NAMES: tuple[str, ...] = tuple(field.name for field in FIELDS)

MAX_QUANTITY = 10**9
MAX_PRICE = Decimal(10**11)  # exclusive
PRICE_SCALE = 4
PRICE_PRECISION = 18


class Reason:
    """The stable strings that say why a record was refused."""

    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    UNKNOWN_EVENT_TYPE = "unknown_event_type"
    FUTURE_TIMESTAMP = "future_timestamp"

    @staticmethod
    def missing(field: str) -> str:
        return f"missing:{field}"

    @staticmethod
    def invalid(field: str) -> str:
        return f"invalid:{field}"


@dataclass(frozen=True)
class Event:
    """A record that keeps the contract. `event_time` is in µs since the Unix epoch, UTC."""

    user_id: str
    product_id: str
    event_type: EventType
    event_time: int
    category: str = UNKNOWN_CATEGORY
    event_id: str | None = None
    session_id: str | None = None
    order_id: str | None = None
    quantity: int = 1
    price: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True)
class Refusal:
    """A record that breaks the contract, with the first reason found."""

    reason: str
