from pathlib import Path
from typing import Any

import pytest

from clickwatch.speed.alerts.lifecycle import AlertChanges
from clickwatch.speed.alerts.reading import list_alerts
from clickwatch.store.schema import alerts, episodes
from tests.support.alert_stream import AlertStream, end_of, start_of


@pytest.fixture
def stream(tmp_path: Path) -> AlertStream:
    return AlertStream.at(tmp_path)


def alert_states(stream: AlertStream) -> dict[int, tuple[str, int, int]]:
    """Window number -> status, views, purchases; of the only product."""
    return {
        (row["window_start"] - start_of(0)) // (start_of(1) - start_of(0)): (
            row["status"],
            row["view_count"],
            row["purchase_count"],
        )
        for row in stream.rows(alerts)
    }


def episode_states(stream: AlertStream) -> list[tuple[int, int, str]]:
    """First and last window number and status, by first window, then status."""
    slide = start_of(1) - start_of(0)
    rows = stream.rows(episodes)
    return sorted(
        (
            (row["first_window_start"] - start_of(0)) // slide,
            (row["last_window_start"] - start_of(0)) // slide,
            row["status"],
        )
        for row in rows
    )


def test_an_alert_opens_as_soon_as_the_counts_say_so(stream: AlertStream) -> None:
    assert stream.epoch({("P", 0): (100, 0)}) == AlertChanges()
    assert stream.epoch({("P", 0): (1, 0)}) == AlertChanges(opened=1, episodes_begun=1)
    assert alert_states(stream) == {0: ("open", 101, 0)}


def test_an_open_alert_follows_its_window_and_is_confirmed_when_it_closes(stream: AlertStream) -> None:
    stream.epoch({("P", 0): (150, 0)})
    stream.now += 1
    stream.epoch({("P", 0): (6, 3)})
    assert stream.epoch(close_through=0) == AlertChanges(confirmed=1)
    assert alert_states(stream) == {0: ("confirmed", 156, 3)}
    (row,) = stream.rows(alerts)
    assert (row["opened_at"], row["changed_at"]) == (end_of(0), end_of(0) + 1)


def test_purchases_that_arrive_after_all_withdraw_an_alert_and_its_episode(stream: AlertStream) -> None:
    stream.epoch({("P", 0): (150, 0)})
    assert stream.epoch({("P", 0): (0, 5)}) == AlertChanges(withdrawn=1, episodes_withdrawn=1)
    assert alert_states(stream) == {0: ("withdrawn", 150, 5)}
    stream.epoch({("P", 0): (10, 1)}, close_through=0)
    assert alert_states(stream) == {0: ("withdrawn", 160, 6)}


def test_a_confirmed_alert_is_withdrawn_when_its_closed_window_still_counts(stream: AlertStream) -> None:
    stream.epoch({("P", 0): (150, 4)}, close_through=0)
    assert alert_states(stream) == {0: ("confirmed", 150, 4)}
    stream.epoch({("P", 0): (0, 1)})
    assert alert_states(stream) == {0: ("withdrawn", 150, 5)}


def test_a_closed_window_that_comes_to_alert_is_confirmed_at_once(stream: AlertStream) -> None:
    stream.epoch({("P", 0): (50, 0)}, close_through=0)
    assert stream.epoch({("P", 0): (51, 0)}) == AlertChanges(opened=1, confirmed=1, episodes_begun=1)
    assert alert_states(stream) == {0: ("confirmed", 101, 0)}


def test_windows_that_the_epoch_did_not_touch_are_left_alone(stream: AlertStream) -> None:
    stream.epoch({("P", 0): (150, 0), ("P", 2): (150, 0)})
    stream.now += 1
    stream.epoch({("Q", 0): (1, 0), ("Q", 2): (1, 0)})
    assert {row["changed_at"] for row in stream.rows(alerts)} == {end_of(0)}


def test_three_overlapping_windows_are_one_episode_that_ends_once(stream: AlertStream) -> None:
    # windows  0 1 2 3
    # alert    x x x -    ends when 3 has closed
    stream.epoch({("P", 0): (150, 0), ("P", 1): (150, 0)})
    stream.epoch({("P", 2): (150, 0)}, close_through=2)
    assert episode_states(stream) == [(0, 2, "active")]
    assert stream.epoch(close_through=3) == AlertChanges(episodes_ended=1)
    assert episode_states(stream) == [(0, 2, "ended")]


def test_a_bridge_merges_two_episodes_and_a_tear_parts_them_again(stream: AlertStream) -> None:
    # windows  0 1 2
    #          x - x    A, B
    #          x x x    A; B is merged
    #          x - x    A, and a new one that begins where B began
    stream.epoch({("P", 0): (150, 0), ("P", 2): (150, 0)})
    stream.epoch({("P", 1): (150, 0)})
    assert episode_states(stream) == [(0, 2, "active"), (2, 2, "merged")]
    stream.epoch({("P", 1): (0, 5)})
    assert episode_states(stream) == [(0, 0, "active"), (2, 2, "active"), (2, 2, "merged")]
    assert len({row["episode_id"] for row in stream.rows(episodes)}) == 3


def test_a_late_neighbour_of_an_ended_episode_begins_one_of_its_own(stream: AlertStream) -> None:
    stream.epoch({("P", 0): (150, 0)}, close_through=1)
    assert stream.epoch({("P", 1): (150, 0)}, close_through=2).episodes_begun == 1
    assert episode_states(stream) == [(0, 0, "ended"), (1, 1, "ended")]


def test_products_have_episodes_of_their_own(stream: AlertStream) -> None:
    changes = stream.epoch({(f"P{i}", window): (150, 0) for i in range(700) for window in (0, 1)})
    assert (changes.opened, changes.episodes_begun) == (1400, 700)
    rows: list[dict[str, Any]] = stream.rows(alerts)
    assert all(row["episode_id"] for row in rows)


def test_alerts_are_listed_oldest_first_with_their_conversion_rate(stream: AlertStream) -> None:
    stream.epoch({("P", 1): (156, 3), ("Q", 0): (200, 0), ("P", 0): (150, 1)}, close_through=0)
    with stream.store.read() as c:
        listed = [(row.product_id, row.status, str(row.conversion_rate)) for row in list_alerts(c)]
        newest = [(row.product_id, row.window_start) for row in list_alerts(c, newest=2)]
        confirmed = [row.product_id for row in list_alerts(c, status="confirmed", product_id="Q")]
    assert listed == [("P", "confirmed", "0.67"), ("Q", "confirmed", "0.00"), ("P", "open", "1.92")]
    assert newest == [("Q", start_of(0)), ("P", start_of(1))]
    assert confirmed == ["Q"]
