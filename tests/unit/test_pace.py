"""The pace: when records are handed on, by a clock that only moves when somebody sleeps."""

import numpy as np
import pyarrow as pa
import pytest

from clickwatch.domain.window import DAY, SECOND
from clickwatch.sources.batch import NO_TIME, LineBatch
from clickwatch.sources.pace import Pace
from tests.support.fake_clock import FakeClock

T0 = 20_000 * DAY


def batch(times: list[int]) -> LineBatch:
    lines = pa.array([b"%d\n" % number for number in range(len(times))], pa.binary())
    return LineBatch(lines, None, np.array(times, dtype=np.int64))


def handed_on(pace: Pace, clock: FakeClock, times: list[int]) -> list[tuple[int, int]]:
    """When (by the clock) how many records were handed on."""
    return [(clock.now, len(part)) for part in pace.parts(batch(times))]


def never() -> bool:
    return False


def test_each_record_goes_when_it_is_due() -> None:
    clock = FakeClock(5)
    pace = Pace(clock, clock.sleep, never)
    pace.begin(T0)
    times = [T0 + n * SECOND // 10 for n in range(4)]
    assert handed_on(pace, clock, times) == [(5, 1), (100_005, 1), (200_005, 1), (300_005, 1)]


def test_nothing_drifts_over_an_hour_of_slow_appends() -> None:
    clock = FakeClock()
    pace = Pace(clock, clock.sleep, never)
    pace.begin(T0)
    for part in pace.parts(batch([T0 + n * SECOND for n in range(3600)])):
        assert part.times is not None
        assert clock.now == part.times[0] - T0
        clock.now += 300_000  # each append takes a good while


def test_after_a_stall_all_that_is_due_goes_at_once() -> None:
    clock = FakeClock()
    pace = Pace(clock, clock.sleep, never)
    pace.begin(T0)
    parts = pace.parts(batch([T0 + n * SECOND for n in range(10)]))
    assert len(next(parts)) == 1
    clock.now += 5 * SECOND
    assert len(next(parts)) == 5
    assert len(next(parts)) == 1
    assert clock.now == 6 * SECOND


def test_a_high_rate_goes_in_twenty_parts_a_second() -> None:
    clock = FakeClock()
    pace = Pace(clock, clock.sleep, never)
    pace.begin(T0)
    went = handed_on(pace, clock, [T0 + n * 100 for n in range(10_000)])
    assert sum(count for _, count in went) == 10_000
    assert [moment for moment, _ in went] == [tick * 50_000 for tick in range(20)] + [1_000_000]


def test_speed_divides_the_waiting_and_the_first_record_goes_at_once() -> None:
    clock = FakeClock(7)
    pace = Pace(clock, clock.sleep, never, speed=60)
    assert handed_on(pace, clock, [T0, T0 + 60 * SECOND, T0 + 120 * SECOND]) == [(7, 1), (1_000_007, 1), (2_000_007, 1)]


def test_the_pace_goes_on_from_batch_to_batch() -> None:
    clock = FakeClock()
    pace = Pace(clock, clock.sleep, never)
    handed_on(pace, clock, [T0, T0 + SECOND])
    assert handed_on(pace, clock, [T0 + 3 * SECOND]) == [(3 * SECOND, 1)]


def test_a_record_without_a_time_goes_with_the_one_before() -> None:
    clock = FakeClock()
    pace = Pace(clock, clock.sleep, never)
    went = handed_on(pace, clock, [NO_TIME, T0, NO_TIME, T0 + SECOND, NO_TIME, NO_TIME])
    assert went == [(0, 3), (SECOND, 3)]
    assert handed_on(pace, clock, [NO_TIME, T0 + 2 * SECOND]) == [(SECOND + 50_000, 1), (2 * SECOND, 1)]


def test_records_without_any_time_go_at_once() -> None:
    clock = FakeClock()
    assert handed_on(Pace(clock, clock.sleep, never), clock, [NO_TIME] * 3) == [(0, 3)]


def test_an_empty_batch_is_nothing_to_wait_for() -> None:
    clock = FakeClock()
    assert handed_on(Pace(clock, clock.sleep, never), clock, []) == []


def test_a_record_from_the_past_keeps_its_place() -> None:
    clock = FakeClock()
    pace = Pace(clock, clock.sleep, never)
    assert handed_on(pace, clock, [T0, T0 + SECOND, T0 - DAY, T0 + 2 * SECOND]) == [
        (0, 1),
        (SECOND, 2),
        (2 * SECOND, 1),
    ]


@pytest.mark.parametrize("place", range(5))
def test_one_record_from_the_far_future_does_not_stop_a_replay(place: int) -> None:
    clock = FakeClock()
    pace = Pace(clock, clock.sleep, never)
    times = [T0 + n * SECOND for n in range(4)]
    times.insert(place, T0 + 9999 * DAY)
    assert sum(count for _, count in handed_on(pace, clock, times)) == 5
    assert 3 * SECOND <= clock.now < 4 * SECOND


def test_a_night_without_records_is_waited_for() -> None:
    clock = FakeClock()
    pace = Pace(clock, clock.sleep, never)
    handed_on(pace, clock, [T0, T0 + DAY // 2, T0 + DAY // 2 + 1])
    assert clock.now >= DAY // 2


def test_stopping_ends_the_waiting_and_hands_nothing_more_on() -> None:
    clock = FakeClock()
    pace = Pace(clock, clock.sleep, lambda: clock.now >= 3 * SECOND)
    pace.begin(T0)
    went = handed_on(pace, clock, [T0, T0 + SECOND, T0 + DAY])
    assert went == [(0, 1), (SECOND, 1)]
    assert clock.now < 4 * SECOND
