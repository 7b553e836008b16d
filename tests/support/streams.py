"""Random streams: logs over few products and a short while, in which every rule of the pipeline matters.

A stream is a log with the settings it is read under. `Stream.truth` is the reference's answer, which any engine is
held to. Event times lie before and after their log times by amounts that cross windows, hours, days, the horizon and
the bound on the future; many stand on a whole minute, where the bounds of windows are.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from clickwatch.domain.alert import AlertThresholds
from clickwatch.domain.reference import LogRecord, Truth, run_reference
from clickwatch.domain.watermark import StreamRules
from clickwatch.domain.window import DAY, HOUR, MINUTE, SECOND, WindowSpec
from tests.support.contract_cases import CASES
from tests.support.memory_log import Entry

BASE = datetime(2026, 1, 26, 23, 20, tzinfo=UTC)
"""Where log times begin: a day ends soon after."""

Pseudonym = Callable[[str], str]

_MICRO = 1
_SPECS = ((10, 5), (10, 4), (10, 10), (7, 3), (60, 25))
_DELAYS = (0, 90 * SECOND, 2 * MINUTE, 2 * MINUTE, 25 * MINUTE)
_STEPS = (0, 0, 0, SECOND, 15 * SECOND, MINUTE, 2 * MINUTE, 4 * MINUTE, 17 * MINUTE, HOUR)
_BEHIND = (0, 0, 0, _MICRO, 10 * SECOND, MINUTE, 3 * MINUTE, 8 * MINUTE, 12 * MINUTE, 16 * MINUTE, 40 * MINUTE, DAY)
_AHEAD = (SECOND, MINUTE, 4 * MINUTE, 10 * MINUTE)
_PRODUCTS = ("p", "p", "p", "größe", 7)
_CATEGORIES = (None, "unknown", "books", "größe", "\uffee", "😀")  # the last two: ordered by code point, not UTF-16
_TYPES = ("view", "view", "view", "view_item", "add_to_cart", "remove_from_cart", "purchase")
_USERS = ("u", "ü", 12)
_IDS = (None, None, "e1", "e1", "e2", "é3")
_ORDERS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {},
    {"session_id": "s1", "quantity": 3, "price": 9.99, "currency": "EUR", "extra": "dropped"},
    {"order_id": "o1", "quantity": 1.0, "price": 0.00005, "currency": "JPY"},
)
_ZONES = (UTC, UTC, timezone(timedelta(hours=5, minutes=30)))
_CASES = tuple(case.raw for case in CASES if b"\n" not in case.raw)


@dataclass(frozen=True)
class Stream:
    """A log, and the settings that decide what it means; all times and durations in µs."""

    partitions: tuple[tuple[Entry, ...], ...]
    spec: WindowSpec
    delay: int
    max_future: int
    alert: AlertThresholds

    @property
    def rules(self) -> StreamRules:
        """The rules as the settings give them: 15 minutes of horizon, or what a window lives if that is longer."""
        return StreamRules(self.delay, self.max_future, max(15 * MINUTE, self.spec.length + self.delay))

    @property
    def settings(self) -> dict[str, Any]:
        """The settings by name."""
        return {
            "spark_window_duration": self.spec.length,
            "spark_slide_duration": self.spec.slide,
            "spark_watermark_delay": self.delay,
            "intake_max_future": self.max_future,
            "alert_min_views_threshold": self.alert.min_views,
            "alert_max_purchases_threshold": self.alert.max_purchases,
        }

    def truth(self, pseudonym: Pseudonym) -> Truth:
        """What the log means; offsets are places in bytes, line ends counted."""
        log = {number: placed(entries) for number, entries in enumerate(self.partitions)}
        return run_reference(log, self.rules, self.spec, self.alert, pseudonym)


def placed(entries: Sequence[Entry]) -> list[LogRecord]:
    """Entries as the reference takes them, at the offsets of `MemoryLog`."""
    records: list[LogRecord] = []
    offset = 0
    for entry in entries:
        records.append(LogRecord(offset, entry.log_time, entry.raw))
        offset += len(entry.raw) + 1
    return records


@dataclass(frozen=True)
class _Act:
    """An event before it has its place: `step` after the record before it, `behind` its log time (or ahead of it)."""

    step: int
    behind: int
    on_the_minute: bool
    fields: tuple[Any, ...]
    zone: timezone
    escaped: bool

    def raw(self, log_time: int) -> bytes:
        event_time = log_time - self.behind
        if self.on_the_minute:
            event_time -= event_time % MINUTE
        product, event_type, category, user, event_id, order = self.fields
        moment = datetime.fromtimestamp(0, self.zone) + timedelta(microseconds=event_time)
        document = {
            "user_id": user,
            "product_id": product,
            "event_type": event_type,
            "timestamp": moment.isoformat(),
            "category": category,
            "event_id": event_id,
            **order,
        }
        given = {name: value for name, value in document.items() if value is not None}
        return json.dumps(given, ensure_ascii=self.escaped, separators=(",", ":")).encode()


@dataclass(frozen=True)
class _Case:
    """A record of the contract's table of cases: broken in one of all ways, or strange and valid."""

    step: int
    case: bytes

    def raw(self, log_time: int) -> bytes:
        return self.case


def _acts(max_future: int) -> st.SearchStrategy[_Act]:
    ahead = tuple(-each for each in (*_AHEAD, max_future, max_future + _MICRO))
    fields = (_PRODUCTS, _TYPES, _CATEGORIES, _USERS, _IDS, _ORDERS)
    return st.builds(
        _Act,
        step=st.sampled_from(_STEPS),
        behind=st.sampled_from((*_BEHIND, *ahead)),
        on_the_minute=st.booleans(),
        fields=st.tuples(*(st.sampled_from(values) for values in fields)),
        zone=st.sampled_from(_ZONES),
        escaped=st.booleans(),
    )


_CASE = st.builds(_Case, step=st.sampled_from(_STEPS), case=st.sampled_from(_CASES))


@st.composite
def _partitions(draw: st.DrawFn, max_future: int) -> tuple[Entry, ...]:
    act = _acts(max_future)
    records = st.one_of(act, act, act, act, act, _CASE)
    long = st.lists(records, min_size=15, max_size=40)
    recipes = draw(st.one_of(st.just([]), st.lists(records, min_size=1, max_size=6), long, long, long, long))
    log_time = int(BASE.timestamp()) * SECOND + draw(st.sampled_from((0, 0, 0, 12 * MINUTE, 3 * HOUR)))
    entries: list[Entry] = []
    for recipe in recipes:
        log_time += recipe.step
        entries.append(Entry(log_time, recipe.raw(log_time)))
    return tuple(entries)


@st.composite
def streams(draw: st.DrawFn) -> Stream:
    """Streams of 1 to 3 partitions, some empty, some short, some behind the others."""
    return draw(wide_streams(draw(st.sampled_from((1, 1, 2, 2, 3)))))


@st.composite
def wide_streams(draw: st.DrawFn, number: int) -> Stream:
    """Streams of so many partitions, each of which is a story of its own."""
    length, slide = draw(st.sampled_from(_SPECS))
    max_future = draw(st.sampled_from((5 * MINUTE, 5 * MINUTE, 0, 45 * MINUTE)))
    partitions = st.tuples(*[_partitions(max_future)] * number).filter(any)
    return Stream(
        partitions=draw(partitions),
        spec=WindowSpec(length * MINUTE, slide * MINUTE),
        delay=draw(st.sampled_from(_DELAYS)),
        max_future=max_future,
        alert=AlertThresholds(draw(st.integers(0, 3)), draw(st.integers(1, 3))),
    )
