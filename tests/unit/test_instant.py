import pytest

from clickwatch.domain.instant import iso_utc, micros_of


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (-300_000_000, "1969-12-31T23:55:00Z"),
        (1_769_411_415_123_456, "2026-01-26T07:10:15.123456Z"),
        (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_a_time_is_written_exactly_and_read_back(micros: int, text: str) -> None:
    assert iso_utc(micros) == text
    assert micros_of(text) == micros


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="no offset"):
        micros_of("2026-01-26T07:10:15")
