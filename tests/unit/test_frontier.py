"""How far windows may be closed: by the slowest partition, but for those that have been silent for a while."""

from clickwatch.speed.frontier import Frontier

IDLE, DELAY = 30, 2


def frontier(*partitions: int, idle_after: int | None = IDLE) -> Frontier:
    """Started at 0."""
    return Frontier(partitions, idle_after, DELAY, started=0)


def test_the_slowest_partition_decides() -> None:
    assert frontier(0, 1, 2).at({0: 50, 1: 20, 2: 70}, now=1, wall_clock=1000) == 20


def test_a_partition_without_a_watermark_holds_everything_open() -> None:
    assert frontier(0, 1).at({0: 50, 1: None}, now=29, wall_clock=1000) is None
    assert frontier(0, 1).at({0: 50}, now=29, wall_clock=1000) is None


def test_for_an_idle_partition_stands_the_wall_clock_minus_the_delay() -> None:
    # started:  0                30
    # p0 heard:            20            busy: its watermark counts
    # p1:       silent           idle    1000 - 2 stands for it
    both = frontier(0, 1)
    both.heard(0, 20)
    assert both.at({0: 50, 1: 10}, now=29, wall_clock=1000) == 10
    assert both.at({0: 50, 1: 10}, now=30, wall_clock=1000) == 50
    assert both.at({0: 50, 1: None}, now=50, wall_clock=1000) == 998


def test_a_clock_behind_the_watermark_draws_nothing_back() -> None:
    assert frontier(0).at({0: 50}, now=100, wall_clock=10) == 50


def test_a_partition_that_is_heard_of_again_is_idle_no_more() -> None:
    one = frontier(0)
    one.heard(0, 100)
    assert one.at({0: 50}, now=129, wall_clock=1000) == 50
    assert one.at({0: 50}, now=130, wall_clock=1000) == 998


def test_without_an_idle_time_watermarks_alone_decide() -> None:
    assert frontier(0, 1, idle_after=None).at({0: 50, 1: 20}, now=10**9, wall_clock=10**9) == 20
