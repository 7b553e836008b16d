"""Days as people write them and as the clock counts them."""

from datetime import date

import pytest

from clickwatch.domain.day import Day
from clickwatch.domain.window import DAY

MIDNIGHT = 1_769_385_600_000_000  # 2026-01-26T00:00:00Z


def test_a_day_begins_at_midnight_utc_and_ends_before_the_next() -> None:
    day = Day.parse("2026-01-26")
    assert (day.start, day.end) == (MIDNIGHT, MIDNIGHT + DAY)
    assert Day.of(day.start) == Day.of(day.end - 1) == day
    assert Day.of(day.end) == Day.parse("2026-01-27")
    assert Day.of(day.start - 1) == Day.parse("2026-01-25")


def test_a_day_before_1970_is_a_day_too() -> None:
    assert Day.of(-1) == Day(date(1969, 12, 31))
    assert Day.parse("1969-12-31").end == 0


def test_a_day_is_written_with_dashes_and_in_file_names_without() -> None:
    day = Day(date(2024, 2, 29))
    assert (str(day), day.compact) == ("2024-02-29", "20240229")
    assert Day.parse(str(day)) == day
    assert Day(date(812, 3, 4)).compact == "08120304"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("yesterday", "no date: write YYYY-MM-DD"),
        ("2026-1-26", "no date: write YYYY-MM-DD"),
        ("20260126", "no date: write YYYY-MM-DD"),
        ("2026-01-26T00:00", "no date: write YYYY-MM-DD"),
        ("２０２６-01-26", "no date: write YYYY-MM-DD"),
        ("2026-01-26\n", "no date: write YYYY-MM-DD"),
        ("", "no date: write YYYY-MM-DD"),
        ("2026-02-29", "2026-02-29 is not in the calendar"),
        ("2026-13-01", "2026-13-01 is not in the calendar"),
        ("0000-01-01", "0000-01-01 is not in the calendar"),
    ],
)
def test_what_is_no_day_is_refused_with_a_sentence(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Day.parse(text)


def test_days_are_counted_through_the_last_one() -> None:
    first = Day.parse("2026-02-27")
    assert [str(day) for day in first.through(Day.parse("2026-03-01"))] == ["2026-02-27", "2026-02-28", "2026-03-01"]
    assert list(first.through(first)) == [first]
    assert list(first.through(Day.parse("2026-02-26"))) == []
