"""Records for the cases of the event contract: a plain one, and what may be changed about it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from clickwatch.domain.event import Event, EventType


def micros(text: str) -> int:
    """The µs since the Unix epoch of an ISO 8601 text with an offset."""
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


PLAIN = {"user_id": '"u1"', "product_id": '"p1"', "event_type": '"view"', "timestamp": '"2026-01-26T07:10:15Z"'}


def raw(**literals: str | None) -> bytes:
    """A plain record with some fields as the given JSON literals; None leaves a field out."""
    members = {**PLAIN, **literals}
    return ("{" + ",".join(f'"{name}":{text}' for name, text in members.items() if text is not None) + "}").encode()


def with_text(text: str) -> bytes:
    """A plain record whose object begins with `text`, such as further members and a comma."""
    return b"{" + text.encode() + raw()[1:]


def event(**changes: Any) -> Event:
    """The event of the plain record, changed."""
    plain: dict[str, Any] = {
        "user_id": "u1",
        "product_id": "p1",
        "event_type": EventType.VIEW,
        "event_time": micros("2026-01-26T07:10:15Z"),
    }
    return Event(**(plain | changes))


def padded(length: int) -> bytes:
    """A valid record of exactly `length` bytes."""
    head = raw()[:-1] + b',"pad":"'
    return head + b"x" * (length - len(head) - 2) + b'"}'


def nested(depth: int) -> bytes:
    """A record whose containers nest `depth` deep, its own object included."""
    return with_text('"extra":' + "[" * (depth - 1) + "]" * (depth - 1) + ",")
