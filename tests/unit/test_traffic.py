"""Synthetic traffic: the same plan gives the same bytes, and the shop behaves like a shop."""

import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest

from clickwatch.domain.window import DAY, HOUR, MINUTE, SECOND
from clickwatch.errors import SourceError
from clickwatch.sources.batch import joined
from clickwatch.sources.shop import CATEGORIES
from clickwatch.sources.shoppers import SLICE
from clickwatch.sources.traffic import TrafficGenerator, TrafficPlan

START = 20_000 * DAY
HIGH_INTEREST = ("PROD_001", "PROD_002", "PROD_003")
STEADY = TrafficPlan(START + 7 * HOUR, 5 * MINUTE, 3000, seed=1, high_interest=HIGH_INTEREST)
WHOLE_DAY = TrafficPlan(START, DAY, 150_000, seed=2, high_interest=HIGH_INTEREST, rhythm=True)
STEADY_BYTES = "69a042998ec03ef9114c6a415c92c950d453bb99adda7bed6de27e024a753e7b"
DAY_BYTES = "433cf57c492ec6890ba3261c4c8ad9c86c1b81ea99308bb794e154c02e0edb43"


def written(plan: TrafficPlan) -> bytes:
    return b"".join(joined(batch.lines) for batch in TrafficGenerator(plan).batches())


def events_of(plan: TrafficPlan) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written(plan).splitlines()]


@pytest.fixture(scope="module")
def day() -> list[dict[str, Any]]:
    return events_of(WHOLE_DAY)


def test_a_plan_gives_these_bytes_today_and_in_ten_years() -> None:
    assert hashlib.sha256(written(STEADY)).hexdigest() == STEADY_BYTES
    assert hashlib.sha256(written(replace(WHOLE_DAY, events=70_000))).hexdigest() == DAY_BYTES


def test_two_readers_that_take_turns_get_the_same_bytes() -> None:
    generator = TrafficGenerator(WHOLE_DAY)
    one, other = generator.batches(), generator.batches()
    beginning = [joined(batch.lines) for batch in islice(one, 2)]
    everything = b"".join(joined(batch.lines) for batch in other)
    assert b"".join(beginning + [joined(batch.lines) for batch in one]) == everything


def test_another_seed_gives_other_events() -> None:
    assert written(STEADY) != written(replace(STEADY, seed=2))


def test_the_same_seed_at_another_time_gives_other_event_ids() -> None:
    ids = {event["event_id"] for event in events_of(STEADY)}
    assert ids.isdisjoint(event["event_id"] for event in events_of(replace(STEADY, start=STEADY.start + MINUTE)))


@pytest.mark.parametrize("events", [1, 2, 999, SLICE - 1, SLICE + 1, 150_000])
@pytest.mark.parametrize("rhythm", [False, True])
def test_there_are_exactly_as_many_events_as_asked_for(events: int, rhythm: bool) -> None:
    plan = replace(WHOLE_DAY, events=events, rhythm=rhythm)
    assert sum(len(batch) for batch in TrafficGenerator(plan).batches()) == events


def test_a_batch_does_not_grow_with_the_number_of_events() -> None:
    busy = TrafficGenerator(replace(WHOLE_DAY, events=1_000_000_000))
    assert all(len(batch) < 2 * SLICE for batch in islice(busy.batches(), 5))


def test_event_n_of_a_steady_run_happens_at_start_plus_n_over_rate() -> None:
    plan = replace(STEADY, start=START + 1, duration=SECOND, events=3)
    times = np.concatenate([batch.times for batch in TrafficGenerator(plan).batches()])
    assert times.tolist() == [START + 1, START + 1 + 333_333, START + 1 + 666_666]


def test_times_stay_exact_far_into_a_long_run() -> None:
    plan = replace(STEADY, duration=366 * DAY, events=10**12)
    batches = TrafficGenerator(plan).batches()
    done = 0
    for batch in islice(batches, 3):
        assert batch.times is not None
        n = done + len(batch) - 1
        assert int(batch.times[-1]) == plan.start + n * plan.duration // plan.events
        done += len(batch)


def test_events_come_in_the_order_of_their_times_within_the_plan() -> None:
    for plan in (STEADY, WHOLE_DAY):
        times = np.concatenate([batch.times for batch in TrafficGenerator(plan).batches()])
        assert (np.diff(times) >= 0).all()
        assert plan.start <= times[0] and times[-1] < plan.start + plan.duration


def test_batches_say_what_their_lines_say() -> None:
    batch = next(TrafficGenerator(STEADY).batches())
    assert batch.keys is not None and batch.times is not None
    events = [json.loads(line) for line in joined(batch.lines).splitlines()]
    assert [key.decode() for key in batch.keys.to_pylist()] == [event["user_id"] for event in events]
    shown = np.array([event["timestamp"].removesuffix("+00:00") for event in events], dtype="datetime64[us]")
    assert (shown.astype(np.int64) == batch.times).all()


def test_the_fields_stand_in_the_order_of_the_contract() -> None:
    events = events_of(STEADY)
    beginning = ["user_id", "product_id", "event_type", "timestamp", "category", "event_id", "session_id"]
    order = ["order_id", "quantity", "price", "currency"]
    assert all(list(event) == beginning + (order if event["event_type"] == "purchase" else []) for event in events)


def test_views_and_carts_are_as_long_as_real_ones() -> None:
    lines = written(WHOLE_DAY).splitlines()
    assert 140 <= sum(map(len, lines)) / len(lines) + 1 <= 200
    ordinary = [line for line in lines if b'"view"' in line or b'"add_to_cart"' in line]
    assert min(map(len, ordinary)) >= 138 and max(map(len, ordinary)) <= 200


def test_every_event_id_is_there_once(day: list[dict[str, Any]]) -> None:
    assert len({event["event_id"] for event in day}) == len(day)


def test_a_product_has_one_category_and_one_price(day: list[dict[str, Any]]) -> None:
    categories, prices = defaultdict(set), defaultdict(set)
    for event in day:
        categories[event["product_id"]].add(event["category"])
        if "price" in event:
            prices[event["product_id"]].add(event["price"])
    assert len(categories) == 100
    assert all(len(names) == 1 for names in categories.values())
    assert set().union(*categories.values()) == set(CATEGORIES) and len(CATEGORIES) == 6
    assert all(len(found) == 1 and min(found) > 0 for found in prices.values())


def test_users_are_a_thousand_and_named_in_four_digits(day: list[dict[str, Any]]) -> None:
    assert {event["user_id"] for event in day} == {f"USER_{number:04d}" for number in range(1000)}


def test_some_users_buy_some_abandon_carts_and_some_only_look(day: list[dict[str, Any]]) -> None:
    done = defaultdict(set)
    for event in day:
        done[event["user_id"]].add(event["event_type"])
    buyers = sum("purchase" in kinds for kinds in done.values())
    abandoners = sum("purchase" not in kinds and "add_to_cart" in kinds for kinds in done.values())
    assert 300 < buyers < 500 and 150 < abandoners < 350 and 200 < 1000 - buyers - abandoners < 400


def test_a_session_is_one_user_who_views_before_carting_and_carts_before_buying(day: list[dict[str, Any]]) -> None:
    users: dict[str, str] = {}
    seen, carts = defaultdict(set), Counter[tuple[str, str]]()
    for event in day:
        session, product, kind = event["session_id"], event["product_id"], event["event_type"]
        assert users.setdefault(session, event["user_id"]) == event["user_id"]
        if kind == "view":
            seen[session].add(product)
            continue
        assert product in seen[session]
        carts[session, product] += 1 if kind == "add_to_cart" else -1
        assert carts[session, product] >= 0


def test_the_purchases_of_a_session_are_one_order(day: list[dict[str, Any]]) -> None:
    orders = defaultdict(set)
    for event in day:
        if event["event_type"] == "purchase":
            orders[event["session_id"]].add(event["order_id"])
            assert event["quantity"] in (1, 2) and event["currency"] == "USD"
    assert all(len(ids) == 1 for ids in orders.values())
    assert len(set().union(*orders.values())) == len(orders) > 1000


def test_high_interest_products_are_looked_at_a_lot_and_hardly_bought(day: list[dict[str, Any]]) -> None:
    counts = Counter((event["event_type"], event["product_id"] in HIGH_INTEREST) for event in day)
    views = counts["view", True] + counts["view", False]
    assert 0.23 < counts["view", True] / views < 0.25
    assert counts["purchase", True] / counts["view", True] < 0.001
    assert counts["purchase", False] / counts["view", False] > 0.10


def test_the_night_is_quiet_and_the_evening_busy() -> None:
    times = np.concatenate([batch.times for batch in TrafficGenerator(WHOLE_DAY).batches()])
    hours = np.bincount((times - START) // HOUR, minlength=24)
    assert hours[3] < hours.mean() / 3 and hours[20] > hours.mean() * 1.7
    assert hours.argmax() in (19, 20, 21) and hours.argmin() in (2, 3, 4)


def windows_of(plan: TrafficPlan) -> tuple[Counter[tuple[str, int]], Counter[tuple[str, int]]]:
    """Views and purchases per product and 10-minute window (by the window's last 5-minute pane)."""
    views: Counter[tuple[str, int]] = Counter()
    purchases: Counter[tuple[str, int]] = Counter()
    for batch in TrafficGenerator(plan).batches():
        assert batch.times is not None
        for line, time in zip(joined(batch.lines).splitlines(), batch.times.tolist(), strict=True):
            kind = line.split(b'"event_type":"', 1)[1].split(b'"', 1)[0]
            if kind in (b"view", b"purchase"):
                product = line.split(b'"product_id":"', 1)[1].split(b'"', 1)[0].decode()
                for window in (time // (5 * MINUTE), time // (5 * MINUTE) + 1):
                    (views if kind == b"view" else purchases)[product, window] += 1
    return views, purchases


def alerting(plan: TrafficPlan) -> set[str]:
    views, purchases = windows_of(plan)
    return {key[0] for key, count in views.items() if count > 100 and purchases[key] < 5}


@pytest.mark.parametrize("seed", range(60))
def test_five_steady_minutes_alert_for_the_high_interest_products_and_no_other(seed: int) -> None:
    plan = replace(STEADY, seed=seed, start=START + seed * 7_654_321)
    assert alerting(plan) == set(HIGH_INTEREST)


@pytest.mark.parametrize("per_second", [120, 700])
def test_no_ordinary_product_alerts_however_busy_the_shop_is(per_second: int) -> None:
    plan = replace(STEADY, duration=11 * MINUTE, events=11 * 60 * per_second)
    views, _ = windows_of(plan)
    assert any(count > 100 and key[0] not in HIGH_INTEREST for key, count in views.items())
    assert alerting(plan) == set(HIGH_INTEREST)


def test_high_interest_products_may_have_any_names() -> None:
    plan = replace(STEADY, high_interest=('SKU "9"', "PROD_100", "größe"))
    events = events_of(plan)
    views = Counter(event["product_id"] for event in events if event["event_type"] == "view")
    assert {name for name, _ in views.most_common(3)} == {'SKU "9"', "PROD_100", "größe"}
    assert len({event["product_id"] for event in events_of(replace(plan, events=20_000))}) == 100


def test_without_high_interest_products_nothing_alerts() -> None:
    assert alerting(replace(STEADY, high_interest=())) == set()


@pytest.mark.parametrize(
    "change",
    [{"events": 0}, {"duration": 0}, {"start": -1}, {"seed": -1}, {"start": 10**18}, {"duration": 400 * DAY}],
)
def test_a_plan_that_cannot_be_is_refused_with_a_cure(change: dict[str, int]) -> None:
    with pytest.raises(SourceError) as refused:
        replace(STEADY, **change)  # type: ignore[arg-type]
    assert refused.value.cure


def test_more_high_interest_products_than_ordinary_ones_are_refused() -> None:
    with pytest.raises(SourceError, match="51 products"):
        TrafficGenerator(replace(STEADY, high_interest=tuple(f"P{number}" for number in range(51))))
