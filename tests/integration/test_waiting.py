"""Waiting for a day: over at once, in time, or given up with the reason and the cure."""

from collections.abc import Callable
from pathlib import Path

import pytest

from clickwatch.cli.wait import patience
from clickwatch.domain.day import Day
from clickwatch.domain.window import DAY, HOUR, MINUTE, SECOND
from clickwatch.errors import BatchError, NoSuchDay, StoreError
from clickwatch.store import leases
from clickwatch.store.holder import this_process
from clickwatch.wiring.day_waiting import DayPatience, wait_for_day
from tests.support.day_homes import MONDAY, SUNDAY, click, clicks, copied, stream
from tests.support.fake_clock import FakeClock
from tests.support.installations import Installation

DELAY = 2 * MINUTE
NIGHT = MONDAY.end + 2 * HOUR
PATIENCE = DayPatience(HOUR)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Monday's events in two partitions, and none of Tuesday; all of them streamed."""
    home = Installation(tmp_path_factory.mktemp("shop") / "home", {"ALERT_HANDLERS": "", "LOG_PARTITIONS": "2"})
    home.append({0: clicks(1, MONDAY, 30), 1: clicks(2, MONDAY, 30)})
    stream(home)
    return home


@pytest.fixture
def home(shop: Installation, tmp_path: Path) -> Installation:
    """A copy of the shop, to be changed."""
    return copied(shop, tmp_path / "copy")


class Night(FakeClock):
    """A clock at which something happens at a time of its own."""

    def __init__(self, now: int, at: int, happens: Callable[[], None]) -> None:
        super().__init__(now)
        self._to_come = [(at, happens)]

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if self._to_come and self.now >= self._to_come[0][0]:
            self._to_come.pop()[1]()


def waited(home: Installation, clock: FakeClock, patience: DayPatience = PATIENCE) -> int:
    """How long the wait for Monday was, in µs."""
    began = clock.now
    wait_for_day(home.app_settings(), MONDAY, patience, clock=clock, sleep=clock.sleep)
    return clock.now - began


def hold_the_lease_of_a_stream(home: Installation, ttl: int = 400 * DAY) -> None:
    """As a stream that does nothing: from that night on, for so long."""
    store = home.store()
    with store.begin() as connection:
        leases.acquire(connection, leases.PIPELINE, this_process(), NIGHT, ttl, lambda holder: True)
    store.close()


def test_a_day_that_is_complete_is_not_waited_for(home: Installation) -> None:
    assert waited(home, FakeClock(NIGHT)) == 0


def test_a_day_is_complete_as_soon_as_the_time_for_stragglers_is_over(home: Installation) -> None:
    before = MONDAY.end - 10 * MINUTE
    assert 10 * MINUTE + DELAY <= waited(home, FakeClock(before)) < 10 * MINUTE + DELAY + SECOND


def test_what_was_on_the_log_is_waited_for_and_what_comes_later_is_not(home: Installation) -> None:
    home.append({0: click(MONDAY, 1439)})
    hold_the_lease_of_a_stream(home)

    def work() -> None:
        hold_the_lease_of_a_stream(home, ttl=1)
        stream(home)
        home.append({0: click(MONDAY, 1439.5)})

    at = 10 * MINUTE
    assert at <= waited(home, Night(NIGHT, NIGHT + at, work)) < at + SECOND


def test_without_a_stream_it_gives_up_soon_and_says_what_to_start(home: Installation) -> None:
    home.append({1: click(MONDAY, 1439)})
    clock = FakeClock(NIGHT)
    with pytest.raises(BatchError, match=r"not complete after 5m: .* partition 1 .* no stream .* clickwatch stream"):
        waited(home, clock)
    assert clock.now - NIGHT == 5 * MINUTE


def test_a_stream_that_does_not_get_on_is_named_when_patience_is_over(home: Installation) -> None:
    home.append({0: click(MONDAY, 1438), 1: click(MONDAY, 1439)})
    hold_the_lease_of_a_stream(home)
    clock = FakeClock(NIGHT)
    with pytest.raises(BatchError, match=r"not complete after 1h: not all of partitions 0, 1 .* by process \d+ on "):
        waited(home, clock)
    assert clock.now - NIGHT == HOUR


def test_the_missing_stream_counts_only_once_the_day_is_over(home: Installation) -> None:
    assert waited(home, FakeClock(MONDAY.end - 30 * MINUTE)) > 30 * MINUTE


def test_a_day_whose_end_is_too_far_is_refused_at_once(home: Installation) -> None:
    clock = FakeClock(MONDAY.end - 2 * HOUR)
    with pytest.raises(BatchError, match=r"2026-01-26 is over, .* at 2026-01-27T00:02:00Z, .* too long .* --for"):
        waited(home, clock)
    assert clock.now == MONDAY.end - 2 * HOUR


@pytest.mark.parametrize("delay", ["0s", "2m", "5h", "30d", "366d"])
def test_the_usual_patience_lasts_from_two_in_the_morning_whatever_the_delay_is(delay: str, home: Installation) -> None:
    settings = Installation(home.folder, {**home.settings, "SPARK_WATERMARK_DELAY": delay}).app_settings()
    clock, usual = FakeClock(NIGHT), patience(settings, None)
    wait_for_day(settings, MONDAY, usual, clock=clock, sleep=lambda seconds: clock.sleep(seconds * 7200))
    over = max(NIGHT, MONDAY.end + settings.spark_watermark_delay)
    assert over <= clock.now <= over + HOUR < NIGHT + usual.whole


def test_days_that_there_are_not_are_refused_at_once(home: Installation) -> None:
    clock = FakeClock(NIGHT)
    for day, words in ((SUNDAY, "before the first event"), (Day.of(NIGHT + DAY), "has not begun")):
        with pytest.raises(NoSuchDay, match=words):
            wait_for_day(home.app_settings(), day, PATIENCE, clock=clock, sleep=clock.sleep)
    assert clock.now == NIGHT


def test_before_anything_was_streamed_it_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="clickwatch stream"):
        waited(Installation(tmp_path / "new"), FakeClock(NIGHT))
