"""The merge of both layers is what one computation over all events says: for any cuts, late arrivals and reruns."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clickwatch.domain.day import Day
from clickwatch.domain.window import HOUR
from clickwatch.errors import NoSuchDay
from clickwatch.serving.merge import FINAL, PROVISIONAL, Answer, Period, by_day, by_hour
from clickwatch.serving.reconciliation import differences
from clickwatch.store import batch_views, schema
from clickwatch.wiring.batch import run_day
from tests.support import day_truth
from tests.support.day_homes import MONDAY, TUESDAY, click, events_of, stream
from tests.support.installations import Installation
from tests.support.proof import proof_scale

MEMORY = Path("/dev/shm")
DAYS = (MONDAY, TUESDAY)
COUNTED = {"view_count": "view", "cart_count": "add_to_cart", "purchase_count": "purchase"}
Key = tuple[int, str]


@st.composite
def clicks(draw: st.DrawFn) -> bytes:
    """Events in any order, so many come late; few hours and products, so many meet."""
    fields = {
        "product_id": draw(st.sampled_from(["p", "q", "é"])),
        "event_type": draw(st.sampled_from(["view", "view", "add_to_cart", "remove_from_cart", "purchase"])),
        "category": draw(st.sampled_from([None, "tvs", "toys"])),
        "event_id": draw(st.sampled_from([None, None, "e1", "e2"])),
    }
    day, minute = draw(st.sampled_from(DAYS)), draw(st.sampled_from([0, 59.99, 60, 1380, 1439.99]))
    return click(day, minute, **fields)


@dataclass(frozen=True)
class Act:
    """What happens next: `lines` come; then the stream catches up, or does not; then some days are run."""

    lines: list[bytes]
    streamed: bool
    run: tuple[Day, ...]


ACTS = st.lists(
    st.builds(
        Act,
        lines=st.lists(clicks(), max_size=12),
        streamed=st.sampled_from([True, True, True, False]),
        run=st.sampled_from([(), (MONDAY,), (TUESDAY,), DAYS]),
    ),
    min_size=1,
    max_size=5,
)


@dataclass
class Shop:
    """A home, and by day what had been accepted when it was last run: events by hour and product."""

    home: Installation
    at_the_cut: dict[Day, Counter[Key]] = field(default_factory=dict)

    def take(self, act: Act) -> None:
        self.home.append({0: b"".join(act.lines)})
        if act.streamed:
            stream(self.home)
        if self.home.home.store.exists():
            for day in act.run:
                if self.is_before_all(day):
                    with pytest.raises(NoSuchDay):
                        run_day(self.home.app_settings(), day)
                    continue
                run_day(self.home.app_settings(), day)
                self.at_the_cut[day] = Counter(key_of(event) for event in self.accepted() if day_of(event) == day)

    def is_before_all(self, day: Day) -> bool:
        """Whether the first event that the stream has seen came after the day."""
        hours = [row["hour_start"] for row in self.home.rows(schema.hour_totals)]
        return bool(hours) and min(hours) >= day.end

    def accepted(self) -> list[dict[str, Any]]:
        """The accepted events that the stream has seen, by the reference."""
        processed = {row["partition"]: row["next_offset"] for row in self.home.rows(schema.progress)}
        rows = self.home.truth(until=processed).archive
        return [event for day in DAYS for event in events_of(rows, day)]


def day_of(event: dict[str, Any]) -> Day:
    moment: datetime = event["event_time"]
    return Day(moment.date())


def key_of(event: dict[str, Any]) -> Key:
    seconds = int(event["event_time"].timestamp())
    return seconds // 3600 * HOUR, event["product_id"]


def direct(events: list[dict[str, Any]], of: Any) -> dict[Key, tuple[object, ...]]:
    """Counts and category of each product in each hour, or day."""
    grouped: dict[Key, list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        grouped[of(event)].append(event)
    return {
        key: (
            day_truth.newest_category(some, key[1]),
            *(sum(event["event_type"] == kind for event in some) for kind in COUNTED.values()),
        )
        for key, some in grouped.items()
    }


def merged(answers: Iterator[Answer]) -> dict[Key, tuple[object, ...]]:
    return {
        (each.start, each.product_id): (each.category, *(getattr(each, name) for name in COUNTED)) for each in answers
    }


def check(shop: Shop) -> None:
    events = shop.accepted()
    counts = Counter(map(key_of, events))
    store = shop.home.store()
    with store.read() as connection:
        assert merged(by_hour(connection, Period())) == direct(events, key_of)
        assert merged(by_day(connection, Period())) == direct(events, lambda e: (day_of(e).start, e["product_id"]))
        views = {Day.of(view.day_start): view for view in batch_views.all_current(connection)}
        assert set(views) == set(shop.at_the_cut)
        for answer in by_hour(connection, Period()):
            key, day = (answer.start, answer.product_id), Day.of(answer.start)
            nothing_since = day in views and counts[key] == shop.at_the_cut[day][key]
            assert answer.status == (FINAL if nothing_since and views[day].is_complete else PROVISIONAL)
        for day in views:
            assert list(differences(connection, day.start)) == []
        one = Period(TUESDAY.start, TUESDAY.start + HOUR, "p")
        assert merged(by_hour(connection, one)) == {
            key: value for key, value in direct(events, key_of).items() if key == (TUESDAY.start, "p")
        }
    store.close()


@pytest.fixture(scope="module")
def folders() -> Iterator[Iterator[Path]]:
    in_memory = MEMORY.is_dir() and os.access(MEMORY, os.W_OK)
    with TemporaryDirectory(dir=MEMORY if in_memory else None) as folder:
        yield (Path(folder) / str(number) for number in count())


@settings(
    max_examples=40 * proof_scale(), suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(acts=ACTS)
def test_the_merge_is_the_direct_computation_at_every_moment(folders: Iterator[Path], acts: list[Act]) -> None:
    shop = Shop(Installation(next(folders), {"ALERT_HANDLERS": ""}))
    for act in acts:
        shop.take(act)
        if shop.home.home.store.exists():
            check(shop)
