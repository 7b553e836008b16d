"""Partitions that fall silent while a pipeline runs on: they hold no window open, and change none when they wake.

Windows are 10 minutes long, 5 apart, the delay is 2 minutes; `v7` is a view at minute 7, `w5` a watermark. Partitions
are idle after 30 s without a record.
"""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from clickwatch.domain.reference import ConfirmedAlert, WindowRow
from clickwatch.domain.window import MINUTE, SECOND
from clickwatch.wiring import beginning, pipeline
from tests.support.fake_clock import FakeClock
from tests.support.small_home import GrowingLog, SmallHome, entry
from tests.support.timelines import minute


class Script(threading.Event):
    """A stop event that the pipeline asks once a round; each time the next step is done, after the last it is set."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        super().__init__()
        self._steps = list(steps)

    def is_set(self) -> bool:
        if not self._steps:
            return True
        self._steps.pop(0)()
        return False

    def wait(self, timeout: float | None = None) -> bool:
        """Nothing happens in between: time is the test's."""
        return False


class Stage:
    """A continuous run over a log that grows, at a wall clock that only the test moves."""

    def __init__(self, folder: Path, clock: FakeClock, partitions: int) -> None:
        self.log = GrowingLog([[]] * partitions)
        self.clock = clock
        self._home = SmallHome(folder, idle_after=30 * SECOND, alert_min_views_threshold=1)

    def play(self, *steps: Callable[[], object]) -> None:
        """Run the pipeline; a round of its loop follows each step."""
        self._home.stream(self.log, stop=Script(*steps), until_caught_up=False)

    def time_is(self, at: float) -> Callable[[], object]:
        """The step in which the clock comes to a minute."""
        return lambda: setattr(self.clock, "now", minute(at))

    def log_gets(self, partition: int, at: float, *, logged: float) -> Callable[[], object]:
        """The step in which a view comes in."""
        return lambda: self.log.add(partition, entry(at, logged=logged))

    def log_goes(self) -> None:
        """The step in which the log stops answering."""
        self.log.there.clear()

    def log_is_back(self) -> None:
        """The step in which it answers again."""
        self.log.there.set()

    def windows(self) -> dict[int, tuple[int, bool]]:
        """By the minute of the start: views, and whether the window is closed."""
        rows = self._home.found(self.log.partitions).windows
        return {(start - minute(0)) // MINUTE: seen(row) for (start, _), row in rows.items()}

    def confirmed(self) -> set[ConfirmedAlert]:
        """The alerts that stand."""
        return set(self._home.found(self.log.partitions).confirmed)


def seen(row: WindowRow) -> tuple[int, bool]:
    return row.view_count, row.closed


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """Both clocks of the pipeline."""
    clock = FakeClock(minute(9))
    monkeypatch.setattr(pipeline, "wall_clock", clock)
    monkeypatch.setattr(beginning, "wall_clock", clock)
    monkeypatch.setattr(beginning, "monotonic", clock)
    return clock


def test_a_silent_partition_holds_windows_open_until_it_is_idle(tmp_path: Path, clock: FakeClock) -> None:
    # p0:    v7   v13                       w11: [0, 10) has ended in this partition
    # p1:    (nothing)                      without a watermark it holds everything open
    # wall:  13   13   13:29.4  13:30       the run begins at 13: p1 is idle half a minute later
    stage = Stage(tmp_path / "home", clock, 2)
    clock.now = minute(13)
    stage.play(stage.log_gets(0, 7, logged=9), stage.log_gets(0, 13, logged=13), stage.time_is(13.49))
    assert stage.windows() == {0: (1, False), 5: (2, False), 10: (1, False)}
    clock.now = minute(13)
    stage.play(stage.time_is(13.5))
    assert stage.windows() == {0: (1, True), 5: (2, False), 10: (1, False)}


def test_windows_close_by_the_wall_clock_where_partitions_are_idle(tmp_path: Path, clock: FakeClock) -> None:
    # p0:    v7                             w5
    # p1:    (nothing)
    # wall:  9     12    16:59.9  17        idle from 9:30 on; the frontier is the wall clock - 2
    #        [0, 10)│             │         closes at 12
    #             [5, 15)         │         closes at 17
    stage = Stage(tmp_path / "home", clock, 2)
    stage.play(stage.log_gets(0, 7, logged=9), stage.time_is(11.99))
    assert stage.windows() == {0: (1, False), 5: (1, False)}
    stage.play(stage.time_is(12), stage.time_is(12.5))
    assert stage.windows() == {0: (1, True), 5: (1, False)}
    stage.play(stage.time_is(12.5), stage.time_is(16.99))
    assert stage.windows() == {0: (1, True), 5: (1, False)}
    stage.play(stage.time_is(16.99), stage.time_is(17.5))
    assert stage.windows() == {0: (1, True), 5: (1, True)}


def test_partitions_of_a_log_that_is_away_are_not_idle(tmp_path: Path, clock: FakeClock) -> None:
    # p0:    v7
    # p1:    (nothing)
    # wall:  9     9─────────12.5   13      away until 12.5: who knows what comes; [0, 10) would be closed at 12
    stage = Stage(tmp_path / "home", clock, 2)
    stage.play(stage.log_gets(0, 7, logged=9), stage.log_goes, stage.time_is(12.5), stage.log_is_back)
    assert stage.windows() == {0: (1, False), 5: (1, False)}
    stage.play(stage.time_is(12.5), stage.time_is(13))
    assert stage.windows() == {0: (1, True), 5: (1, False)}


def test_one_busy_partition_closes_windows_beside_an_idle_one(tmp_path: Path, clock: FakeClock) -> None:
    # p0:    v7      v13                    w11: [0, 10) has ended
    # p1:    (nothing)                      idle; for it stands the wall clock - 2, at 11
    # wall:  9       13
    stage = Stage(tmp_path / "home", clock, 2)
    stage.play(stage.log_gets(0, 7, logged=9), stage.time_is(13), stage.log_gets(0, 13, logged=13))
    assert stage.windows() == {0: (1, True), 5: (2, False), 10: (1, False)}


def test_a_partition_that_wakes_adds_to_a_closed_row_which_stays_closed(tmp_path: Path, clock: FakeClock) -> None:
    # p0:    v7
    # p1:                    v8   v20       it has no watermark yet: v8 counts in [0, 10) and [5, 15)
    # wall:  9   13          13   13        [0, 10) was closed at 13 with one view, and now has two
    stage = Stage(tmp_path / "home", clock, 2)
    stage.play(stage.log_gets(0, 7, logged=9), stage.time_is(13), lambda: None, stage.log_gets(1, 8, logged=13))
    assert stage.windows() == {0: (2, True), 5: (2, False)}


def test_an_alert_that_a_woken_partition_brings_is_confirmed_with_its_closed_window(
    tmp_path: Path, clock: FakeClock
) -> None:
    # More than one view alerts. [0, 10) is closed with one, and gets its second then.
    stage = Stage(tmp_path / "home", clock, 2)
    stage.play(stage.log_gets(0, 7, logged=9), stage.time_is(13), lambda: None)
    assert stage.confirmed() == set()
    stage.play(stage.log_gets(1, 8, logged=13))
    assert stage.confirmed() == {ConfirmedAlert("flash_sale", "p", minute(0), 2, 0)}


def test_until_caught_up_the_wall_clock_closes_nothing(tmp_path: Path, clock: FakeClock) -> None:
    # p0:    v7                             w5, and the wall clock is a day further
    stage = Stage(tmp_path / "home", clock, 1)
    stage.log.add(0, entry(7, logged=9))
    clock.now = minute(24 * 60)
    SmallHome(tmp_path / "home", alert_min_views_threshold=1).stream(stage.log)
    assert stage.windows() == {0: (1, False), 5: (1, False)}
