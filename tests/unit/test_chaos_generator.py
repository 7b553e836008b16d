"""Chaos: the same plan is the same bytes and the same truth, and the truth is true."""

import json
from collections import Counter
from dataclasses import replace
from itertools import groupby, pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clickwatch.domain.alert import AlertThresholds
from clickwatch.domain.instant import iso_utc, micros_of
from clickwatch.domain.known_truth import KnownTruth
from clickwatch.domain.reference import LogRecord, Truth, run_reference
from clickwatch.domain.watermark import StreamRules
from clickwatch.domain.window import DAY, HOUR, MINUTE, SECOND, WindowSpec
from clickwatch.errors import SourceError
from clickwatch.sources.batch import joined
from clickwatch.sources.chaos.breakages import BREAKAGES
from clickwatch.sources.chaos.generator import ChaosGenerator
from clickwatch.sources.chaos.oddities import ODDITIES
from clickwatch.sources.chaos.plan import ChaosPlan, ChaosRules
from clickwatch.sources.partitioning import partitions_of
from clickwatch.sources.profiles import DataGeneratorFactory, Wish
from tests.support.chaos_plans import START, chaos_plan
from tests.support.proof import proof_scale


def lines(plan: ChaosPlan) -> list[bytes]:
    return joined_lines(ChaosGenerator(plan))


def joined_lines(generator: ChaosGenerator) -> list[bytes]:
    return [line for batch in generator.batches() for line in joined(batch.lines).splitlines(keepends=True)]


def by_partition(plan: ChaosPlan, log_time: int) -> dict[int, list[LogRecord]]:
    """The log as it would be: each record at its place in bytes, all of them put onto it at one time."""
    log: dict[int, list[LogRecord]] = {number: [] for number in range(plan.partitions)}
    ends = Counter[int]()
    for batch in ChaosGenerator(plan).batches():
        assert batch.keys is not None
        places = partitions_of(batch.keys.dictionary, plan.partitions)[batch.keys.indices.to_numpy()]
        for place, line in zip(places.tolist(), batch.lines.to_pylist(), strict=True):
            log[place].append(LogRecord(ends[place], log_time, line[:-1]))
            ends[place] += len(line)
    return log


def reference(plan: ChaosPlan) -> Truth:
    """What the slow reference makes of the log."""
    rules = plan.rules
    return run_reference(
        by_partition(plan, plan.end_of_time),
        StreamRules(rules.delay, 5 * MINUTE, rules.horizon),
        WindowSpec(rules.length, rules.slide),
        AlertThresholds(rules.min_views, rules.max_purchases),
        lambda user: user,
    )


def assert_true(told: KnownTruth, truth: Truth) -> None:
    assert {
        (row.window_start, row.product_id): (
            row.window_end,
            row.category,
            row.view_count,
            row.cart_count,
            row.purchase_count,
        )
        for row in told.windows
    } == {
        (iso_utc(start), product): (
            iso_utc(row.window_end),
            row.category,
            row.view_count,
            row.cart_count,
            row.purchase_count,
        )
        for (start, product), row in truth.windows.items()
    }
    assert {
        (row.hour_start, row.product_id): (
            row.category,
            row.view_count,
            row.cart_count,
            row.purchase_count,
            row.event_count,
        )
        for row in told.hours
    } == {
        (iso_utc(start), product): (row.category, row.view_count, row.cart_count, row.purchase_count, row.event_count)
        for (start, product), row in truth.hour_totals.items()
    }
    counts = ("received", "accepted", "duplicate", "rejected", "on_time", "late")
    for row in told.partitions:
        account, mark = truth.accounts[row.partition], truth.watermarks[row.partition]
        assert {name: getattr(row, name) for name in counts} == {name: getattr(account, name) for name in counts}
        assert row.reasons == dict(account.reasons)
        assert row.watermark == (None if mark is None else iso_utc(mark))
    closed = {(iso_utc(start), product) for (start, product), row in truth.windows.items() if row.closed}
    assert closed == {
        (row.window_start, row.product_id)
        for row in told.windows
        if told.closed_until is not None and micros_of(row.window_end) <= micros_of(told.closed_until)
    }
    alerts = {(row.rule, row.product_id, row.window_start, row.view_count, row.purchase_count) for row in told.alerts}
    confirmed = {
        (each.rule, each.product_id, iso_utc(each.window_start), each.view_count, each.purchase_count)
        for each in truth.confirmed
    }
    assert {each for each in alerts if (each[2], each[1]) in closed} == confirmed


@st.composite
def plans(draw: st.DrawFn) -> ChaosPlan:
    """Any plan: few records or some, over minutes or a day, on one partition or many, under unusual rules."""
    length = draw(st.sampled_from((10, 7, 60, 1)))
    slide = draw(st.sampled_from([part for part in (5, 3, 10, 25, 1) if part <= length]))
    delay = draw(st.sampled_from((0, 90 * SECOND, 2 * MINUTE, 25 * MINUTE)))
    rules = ChaosRules(
        length=length * MINUTE,
        slide=slide * MINUTE,
        delay=delay,
        horizon=max(15 * MINUTE, length * MINUTE + delay),
        min_views=draw(st.sampled_from((0, 3, 10, 100))),
        max_purchases=draw(st.sampled_from((0, 1, 5))),
    )
    return chaos_plan(
        seed=draw(st.integers(0, 2**64 - 1)),
        start=START + draw(st.integers(0, DAY)),
        events=draw(st.integers(500, 2500)),
        duration=draw(st.sampled_from((MINUTE, 20 * MINUTE, 3 * HOUR, DAY))),
        partitions=draw(st.sampled_from((1, 1, 2, 3, 4, 7))),
        high_interest=draw(st.sampled_from(((), ("PROD_001",), ("ODD", "=cheap", "PROD_100")))),
        rules=rules,
    )


SHORTER_THAN_A_SLIDE = chaos_plan(
    start=START,
    duration=MINUTE,
    rules=ChaosRules(slide=10 * MINUTE, delay=0, min_views=3, max_purchases=0),
)


@settings(max_examples=60 * proof_scale(), deadline=None)
@given(plan=plans())
@example(plan=SHORTER_THAN_A_SLIDE)
def test_the_truth_is_what_the_reference_makes_of_the_log(plan: ChaosPlan) -> None:
    generator = ChaosGenerator(plan)
    told = generator.truth({})
    assert_true(told, reference(plan))
    assert sum(told.kinds.values()) == plan.events == sum(len(batch) for batch in generator.batches())
    assert {row.partition: row.bytes for row in told.partitions} == {
        number: sum(len(record.raw) + 1 for record in records) for number, records in by_partition(plan, 0).items()
    }


def test_the_same_plan_is_the_same_bytes_and_the_same_truth() -> None:
    assert lines(chaos_plan()) == lines(chaos_plan())
    assert ChaosGenerator(chaos_plan()).truth({}) == ChaosGenerator(chaos_plan()).truth({})
    assert lines(chaos_plan()) != lines(chaos_plan(seed=8))


def test_asking_twice_gives_the_same_records_in_batches_that_are_bounded() -> None:
    generator = ChaosGenerator(chaos_plan(events=70_000))
    assert [len(batch) for batch in generator.batches()] == [65_536, 70_000 - 65_536]
    assert joined_lines(generator) == joined_lines(generator)


@pytest.fixture(scope="module")
def told() -> KnownTruth:
    return ChaosGenerator(chaos_plan(events=20_000, rules=ChaosRules())).truth({"A": "1"})


def test_everything_that_can_go_wrong_goes_wrong(told: KnownTruth) -> None:
    assert told.settings == {"A": "1"}
    assert set(told.kinds) == {"shopper", "edge", "late", "copy", "repeat", "twin", "brink", "odd", "burst", "broken"}
    assert min(told.kinds.values()) >= 100 and min(told.traits.values()) >= 500
    assert [each.name for each in told.breakages] == [each.name for each in BREAKAGES]
    assert sum(each.records for each in told.breakages) == told.kinds["broken"]
    assert min(each.records for each in told.breakages) >= 1
    assert told.kinds["odd"] >= len(ODDITIES)


def test_late_records_are_late_and_most_copies_are_duplicates(told: KnownTruth) -> None:
    late, duplicate = (sum(getattr(row, name) for row in told.partitions) for name in ("late", "duplicate"))
    # Clocks that are behind make some more late; copies of what was very late are beyond the horizon.
    assert told.kinds["late"] < late < 3 * told.kinds["late"]
    assert told.kinds["copy"] * 0.6 < duplicate < told.kinds["copy"]
    assert sum(row.rejected for row in told.partitions) == told.kinds["broken"]


def test_at_the_brink_of_a_window_s_end_one_record_is_on_time_and_one_is_late() -> None:
    """A partition's front in µs before and on the limit::

    front + delay   end - 1   end - 1    end       end
    record          moves     on time    moves     late, by its first window
    """
    plan = chaos_plan(events=5000, partitions=1)
    rows = [event for record in by_partition(plan, 0)[0] if (event := told_of(record.raw, "BRINK")) is not None]
    pairs = [(first, second) for first, second in pairwise(rows) if first["category"] and second["category"] is None]
    tried = {first["timestamp"] for first, _ in pairs if first["category"] == "brink b"}
    ends = {(micros_of(time) + 1) % plan.rules.slide for time in tried}
    assert len(tried) >= 5 and ends == {0}
    counted = {row.window_end: row for row in ChaosGenerator(plan).truth({}).windows if row.product_id == "BRINK"}
    for time in tried:
        end = iso_utc(micros_of(time) + 1)
        later = iso_utc(micros_of(time) + 1 + plan.rules.slide)
        assert counted[end].category == counted[later].category == "brink b"
        assert counted[later].view_count > counted[end].view_count


def test_products_at_the_bounds_of_the_alert_rule_alert_as_they_have_to(told: KnownTruth) -> None:
    alerts = {row.product_id for row in told.alerts}
    assert "BURST_ABOVE" in alerts and not alerts & {"BURST_AT", "BURST_BOUGHT"}
    best = {row.product_id: (row.view_count, row.purchase_count) for row in told.windows if row.view_count >= 100}
    assert (best["BURST_ABOVE"], best["BURST_AT"], best["BURST_BOUGHT"]) == ((101, 4), (100, 0), (101, 5))


@pytest.mark.parametrize(
    ("partitions", "roles"),
    [
        (1, ["lively"]),
        (2, ["lively", "silent"]),
        (3, ["lively", "silent", "asleep"]),
        (5, ["lively", "silent", "asleep", "empty", "lively"]),
    ],
)
def test_partitions_fall_idle_one_by_one(partitions: int, roles: list[str]) -> None:
    plan = chaos_plan(partitions=partitions, events=5000)
    told = ChaosGenerator(plan).truth({})
    assert [row.role for row in told.partitions] == roles
    log = by_partition(plan, 0)
    for row in told.partitions:
        times = [claimed for record in log[row.partition] if (claimed := time_of(record.raw)) is not None]
        if row.role == "empty":
            assert log[row.partition] == [] and row.watermark is None
        elif row.role == "silent":
            assert 0 < len(times) < 5000 and max(times) < iso_utc(START + plan.duration // 2)
        else:
            assert max(times) > iso_utc(plan.end - 5 * MINUTE)


def test_a_partition_that_was_asleep_gets_all_that_was_held_back_when_it_wakes() -> None:
    plan = chaos_plan(partitions=3, events=5000)
    place: list[tuple[int, str]] = []
    for batch in ChaosGenerator(plan).batches():
        assert batch.keys is not None
        numbers = partitions_of(batch.keys.dictionary, 3)[batch.keys.indices.to_numpy()].tolist()
        place += [(n, t) for n, line in zip(numbers, batch.lines.to_pylist(), strict=True) if (t := time_of(line))]
    runs = [(number, [time for _, time in run]) for number, run in groupby(place, key=lambda each: each[0])]
    number, longest = max(runs, key=lambda run: len(run[1]))
    assert number == 2
    assert len(longest) > 300 and iso_utc(plan.start + plan.duration // 4) < sorted(longest)[len(longest) // 4]
    assert sorted(longest)[len(longest) * 3 // 4] < iso_utc(plan.start + plan.duration * 3 // 5)


def test_a_twin_has_the_id_of_a_record_on_another_partition() -> None:
    seen: dict[str, set[int]] = {}
    for number, records in by_partition(chaos_plan(partitions=2), 0).items():
        for record in records:
            if time_of(record.raw) is not None and (name := json.loads(record.raw).get("event_id")):
                seen.setdefault(name, set()).add(number)
    assert sum(len(numbers) == 2 for numbers in seen.values()) == chaos_plan(partitions=2).shares.twins > 0


def test_what_does_not_fit_in_makes_room_for_copies() -> None:
    short = ChaosGenerator(chaos_plan(duration=10 * MINUTE, partitions=1)).truth({}).kinds
    assert (short["repeat"], short["twin"]) == (0, 0)
    assert short["copy"] + short["brink"] == 60 + 30 + 28 and short["brink"] >= 4
    calm = ChaosGenerator(chaos_plan(rules=ChaosRules(min_views=1000))).truth({}).kinds
    assert (calm["burst"], sum(calm.values())) == (0, 3000)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"events": 499}, "500 to 2,000,000"),
        ({"events": 2_000_001}, "500 to 2,000,000"),
        ({"duration": MINUTE - 1}, "a minute at least"),
        ({"duration": 32 * DAY}, "31 days at most"),
        ({"start": 0}, "before 1970"),
        ({"seed": -1}, "The seed is outside"),
        ({"events": 100_000, "rules": ChaosRules(length=1440 * MINUTE, slide=MINUTE)}, "40,000,000 windows"),
        ({"high_interest": tuple(f"P{number}" for number in range(51))}, "at most 50"),
    ],
)
def test_a_plan_that_cannot_be_met_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(SourceError, match=says):
        ChaosGenerator(chaos_plan(**changes))


NOW = START + 40 * DAY
WISH = Wish(now=NOW, seed=1, rate=0.5, high_interest=())


def test_the_profile_is_three_hours_around_a_midnight_in_the_past() -> None:
    plan = DataGeneratorFactory.create("chaos", WISH).plan
    assert (plan.duration, plan.events, plan.partitions) == (3 * HOUR, 5400, 1)
    assert (plan.start + plan.duration // 2) % DAY == 0 and plan.end_of_time < NOW - DAY // 2


@pytest.mark.parametrize("days", [1, 2, 7, 31])
def test_long_chaos_lies_in_the_past_at_any_hour(days: int) -> None:
    for hour in (0, 1, 23):
        wish = replace(WISH, now=NOW // DAY * DAY + hour * HOUR, duration=days * DAY, events=1000)
        assert DataGeneratorFactory.create("chaos", wish).plan.end_of_time < wish.now


def test_chaos_that_is_not_over_is_refused() -> None:
    with pytest.raises(SourceError, match="has to lie in the past"):
        DataGeneratorFactory.create("chaos", replace(WISH, start=NOW - 2 * HOUR))


def told_of(line: bytes, product: str) -> dict[str, Any] | None:
    """The event of a record of this product; None if it is another."""
    if f'"product_id":"{product}"'.encode() not in line:
        return None
    event: dict[str, Any] = json.loads(line)
    return event


def time_of(line: bytes) -> str | None:
    """The time that a record claims; None if it is broken, or written in an unusual way."""
    try:
        event = json.loads(line)
        text = event["timestamp"].replace("+00:00", "Z")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return text if text.startswith(("2026-01-26T", "2026-01-27T")) and event.get("event_id") else None
