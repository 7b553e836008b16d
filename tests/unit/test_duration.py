"""Durations as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clickwatch.domain.duration import format_duration, parse_duration
from clickwatch.domain.window import DAY, HOUR, MINUTE, SECOND


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("2 minutes", 2 * MINUTE),
        ("30s", 30 * SECOND),
        (" 1 h ", HOUR),
        ("250ms", SECOND // 4),
        ("1.5 Hours", 90 * MINUTE),
        ("7", 7 * SECOND),
        ("0.000001", 1),
        ("999999999d", 999999999 * DAY),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, micros: int) -> None:
    assert parse_duration(text) == micros


def test_a_bare_number_counts_in_the_given_unit() -> None:
    assert parse_duration("10", MINUTE) == 10 * MINUTE


@pytest.mark.parametrize(
    "text", ["", "s", "-1s", "1 fortnight", "1s 2", "1,5 s", "1e3", "٣s", "1.2345678s", "1234567890s"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


@given(st.integers(0, 10**12 - 1))
def test_the_writing_of_a_duration_is_exact(micros: int) -> None:
    assert parse_duration(format_duration(micros)) == micros


@pytest.mark.parametrize(
    ("micros", "text"), [(0, "0s"), (DAY, "1d"), (90 * MINUTE, "90m"), (1500_000, "1500ms"), (1, "0.000001s")]
)
def test_a_duration_is_written_in_its_largest_whole_unit(micros: int, text: str) -> None:
    assert format_duration(micros) == text
