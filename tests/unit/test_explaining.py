import pytest

from clickwatch.repair.explaining import explanation

EVENT = b'{"user_id":"u","product_id":7,"event_type":"h\\u001b[2J","timestamp":"2026","price":1e99,"price":-0.50}'


@pytest.mark.parametrize(
    ("reason", "raw", "words"),
    [
        ("too_large", b"", "it is longer than 32 KiB"),
        ("not_json", b"{", "it is not one JSON document (Expecting property name"),
        ("not_json", b"\xff", "can't decode byte 0xff in position 0"),
        ("not_an_object", b"[]", "it is JSON, and not an object"),
        ("missing:user_id", b"{}", "`user_id` is absent or null"),
        ("invalid:timestamp", EVENT, '`timestamp` is "2026", which its rule does not allow'),
        ("invalid:price", EVENT, "`price` is 1e99 and -0.50, which"),
        ("unknown_event_type", EVENT, r'`event_type` is "h\u001b[2J", and not one of view, add_to_cart'),
        ("future_timestamp", EVENT, '`timestamp` is "2026", further ahead of the log than INTAKE_MAX_FUTURE'),
        ("invalid:user_id", b"no json", "`user_id` is not readable"),
        ("a reason of later days", b"", "a reason of later days"),
    ],
)
def test_a_reason_is_explained_by_the_very_bytes(reason: str, raw: bytes, words: str) -> None:
    assert words in explanation(reason, raw)
    assert explanation(reason, raw).isprintable()


def test_a_long_value_is_shown_in_part() -> None:
    raw = b'{"user_id":"' + b"x" * 30_000 + b'"}'
    assert len(explanation("invalid:user_id", raw)) < 200
