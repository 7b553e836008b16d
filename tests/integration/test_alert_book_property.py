"""Whatever the order and the epochs that the counts came in, the book tells the same of the final windows."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clickwatch.store.database import Store
from clickwatch.store.opening import open_store
from clickwatch.store.schema import alerts, deliveries, episodes, windows
from clickwatch.store.sqlite.file import SqliteFile
from tests.support.alert_stream import SPEC, THRESHOLDS, AlertStream, Counts

PRODUCTS = ("P", "Q")
WINDOWS = 6
ACTIVE = ("open", "confirmed")

_counts = st.dictionaries(
    st.tuples(st.sampled_from(PRODUCTS), st.integers(0, WINDOWS - 1)),
    st.tuples(st.sampled_from((0, 60, 101)), st.sampled_from((0, 0, 0, 2, 5))),
    max_size=5,
)
_epoch = st.tuples(_counts, st.none() | st.integers(-1, WINDOWS))
_timeline = st.lists(_epoch, min_size=1, max_size=8)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return open_store(SqliteFile(tmp_path_factory.mktemp("book") / "store.db"), create=True)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(timeline=_timeline, handlers=st.sampled_from(((), ("file",), ("console", "file"))))
def test_the_book_is_right_after_every_epoch(
    store: Store, timeline: list[tuple[Counts, int | None]], handlers: tuple[str, ...]
) -> None:
    stream = AlertStream(store, handlers)
    empty(store)
    for counts, close_through in timeline:
        stream.epoch(counts, close_through)
        alerts_are_those_of_the_windows(stream)
        active_alerts_are_parted_into_maximal_runs(stream)
        each_episode_begins_once_per_handler(stream, handlers)


def empty(store: Store) -> None:
    with store.begin() as c:
        for table in (windows, alerts, episodes, deliveries):
            c.execute(table.delete())


def alerts_are_those_of_the_windows(stream: AlertStream) -> None:
    """Active alerts are exactly the windows that satisfy the rule; confirmed ones those that are closed."""
    expected = {
        (row["product_id"], row["window_start"]): (
            "confirmed" if row["status"] == "closed" else "open",
            row["view_count"],
            row["purchase_count"],
        )
        for row in stream.rows(windows)
        if THRESHOLDS.alerts(row["view_count"], row["purchase_count"])
    }
    found = {
        (row["product_id"], row["window_start"]): (row["status"], row["view_count"], row["purchase_count"])
        for row in stream.rows(alerts)
        if row["status"] in ACTIVE
    }
    assert found == expected


def active_alerts_are_parted_into_maximal_runs(stream: AlertStream) -> None:
    """Of the alerts outside ended episodes; and no active episode waits for a window that is closed already."""
    running = {row["episode_id"]: row for row in stream.rows(episodes) if row["status"] == "active"}
    ended = {row["episode_id"] for row in stream.rows(episodes) if row["status"] == "ended"}
    members: dict[str, list[int]] = {name: [] for name in running}
    for row in stream.rows(alerts):
        if row["status"] in ACTIVE and row["episode_id"] not in ended:
            members[row["episode_id"]].append(row["window_start"])
    for name, starts in members.items():
        row = running[name]
        assert starts == list(range(row["first_window_start"], row["last_window_start"] + 1, SPEC.slide))
        assert not SPEC.has_ended(row["last_window_start"] + SPEC.slide, stream.frontier)
    for product in PRODUCTS:
        spans = sorted(
            (row["first_window_start"], row["last_window_start"])
            for row in running.values()
            if row["product_id"] == product
        )
        assert all(later[0] > earlier[1] + SPEC.slide for earlier, later in pairwise(spans))


def each_episode_begins_once_per_handler(stream: AlertStream, handlers: tuple[str, ...]) -> None:
    """All windows here are recent: each episode was announced, and each announced one that is over was said to be."""
    told = Counter((row["episode_id"], row["kind"], row["handler"]) for row in stream.rows(deliveries))
    assert all(times == 1 for times in told.values())
    for row in stream.rows(episodes):
        name = row["episode_id"]
        assert row["announced"] == bool(handlers)
        for handler in handlers:
            assert told[name, "beginning", handler] == 1
            assert told[name, "end", handler] == (row["status"] == "ended")
            assert told[name, "correction", handler] == (row["status"] == "withdrawn")
