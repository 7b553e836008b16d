"""What the demonstration plans: a home without events, and traffic of which nothing is late."""

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from clickwatch.domain.window import DAY, HOUR, SECOND
from clickwatch.settings import load_settings
from clickwatch.wiring.demo import demo_settings, demo_traffic


def micros(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-11-23T08:19:00", "2026-11-22"),
        ("2026-11-23T01:00:00", "2026-11-22"),
        ("2026-11-23T00:59:59", "2026-11-21"),  # the last hour began yesterday: yesterday would overlap with it
        ("2026-03-01T00:00:00", "2026-02-27"),
    ],
)
def test_the_day_is_a_whole_one_and_over_before_the_last_hour_begins(now: str, day: str) -> None:
    traffic = demo_traffic(load_settings(), micros(now), 500, seed=1)
    first, last = traffic.day.plan, traffic.hour.plan
    assert (first.start, first.duration, first.events) == (micros(f"{day}T00:00:00"), DAY, 500)
    assert first.start + DAY <= last.start
    assert (last.start + last.duration, last.duration, last.events) == (micros(now), HOUR, 36_000)
    assert traffic.events == 36_500


def test_a_chosen_home_without_events_is_used(tmp_path: Path) -> None:
    home = tmp_path / "chosen"
    home.mkdir()
    (home / ".env").write_text("LOG_PARTITIONS=2\n", "ascii")
    settings = demo_settings(load_settings(clickwatch_home=home), 0)
    assert settings.clickwatch_home == home


@pytest.mark.parametrize("part", ["log", "store.sqlite", "archive/events"])
def test_a_home_that_holds_something_is_left_alone(tmp_path: Path, part: str) -> None:
    home = tmp_path / "shop"
    (home / part).mkdir(parents=True)
    given = load_settings(clickwatch_home=home)
    homes = [demo_settings(given, micros("2026-11-23T08:19:05")).clickwatch_home for _ in range(3)]
    name = "shop-demo-20261123-081905"
    assert homes == [tmp_path / name, tmp_path / f"{name}-2", tmp_path / f"{name}-3"]
    assert all(folder.stat().st_mode & 0o777 == 0o700 for folder in homes)


def test_a_home_that_nobody_chose_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLICKWATCH_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    settings = demo_settings(load_settings(), 0)
    assert settings.clickwatch_home == tmp_path / "data" / "clickwatch-demo-19700101-000000"


def test_no_alert_of_made_up_shoppers_goes_where_a_shop_sends_its_own(tmp_path: Path) -> None:
    own = load_settings(clickwatch_home=tmp_path / "new", alert_file=tmp_path / "alerts.jsonl")
    assert demo_settings(own, 0).alert_file is None


def test_events_of_day_and_hour_come_in_the_order_of_their_times() -> None:
    traffic = demo_traffic(load_settings(), micros("2026-11-23T08:19:00"), 500, seed=1)
    times = [
        int(moment)
        for part in (traffic.day, traffic.hour)
        for batch in part.batches()
        if batch.times is not None
        for moment in batch.times
    ]
    assert len(times) == traffic.events
    assert all(before <= after for before, after in pairwise(times))
