"""The profiles that traffic is asked for by name."""

from dataclasses import replace

import pytest

from clickwatch.domain.window import DAY, HOUR, MINUTE, SECOND
from clickwatch.errors import SourceError
from clickwatch.sources.profiles import DataGeneratorFactory, Wish

NOW = 20_000 * DAY + 7 * HOUR + 123_456
WISH = Wish(now=NOW, seed=1, rate=10.0, high_interest=("PROD_001",))


def test_steady_is_ten_events_a_second_for_five_minutes_from_now_on() -> None:
    plan = DataGeneratorFactory.create("steady", WISH).plan
    assert (plan.start, plan.duration, plan.events, plan.rhythm) == (NOW, 5 * MINUTE, 3000, False)


@pytest.mark.parametrize(
    ("rate", "duration", "events"),
    [(0.7, 5 * SECOND, 4), (3.0, SECOND, 3), (0.001, SECOND, 1), (10_000.0, MINUTE, 600_000)],
)
def test_steady_has_all_events_that_are_due_within_its_duration(rate: float, duration: int, events: int) -> None:
    assert DataGeneratorFactory.create("steady", replace(WISH, rate=rate, duration=duration)).plan.events == events


def test_steady_lasts_as_long_as_its_events_take() -> None:
    plan = DataGeneratorFactory.create("steady", replace(WISH, rate=4.0, events=10)).plan
    assert (plan.events, plan.duration) == (10, 2_500_000)


def test_day_is_yesterday_as_utc_counts_it() -> None:
    plan = DataGeneratorFactory.create("day", WISH).plan
    assert (plan.start, plan.duration, plan.events, plan.rhythm) == (19_999 * DAY, DAY, 864_000, True)


def test_day_takes_any_start_and_any_number_of_events() -> None:
    plan = DataGeneratorFactory.create("day", replace(WISH, start=NOW - HOUR, duration=HOUR, events=7)).plan
    assert (plan.start, plan.duration, plan.events) == (NOW - HOUR, HOUR, 7)


def test_an_unknown_profile_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(SourceError, match="Known are steady, day"):
        DataGeneratorFactory.create("flood", WISH)
