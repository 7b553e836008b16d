"""The archive writer: what it writes when, and what becomes of what it has not written."""

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pytest

from clickwatch.domain.columns import ARCHIVE_COLUMNS
from clickwatch.domain.window import DAY, HOUR, MINUTE
from clickwatch.errors import StorageError
from clickwatch.intake.intake import Taken
from clickwatch.speed import archiving
from clickwatch.speed.archiving import ArchiveWriter, FlushPolicy
from tests.support.archive_rows import FIRST_DAY, epoch_rows
from tests.support.fake_clock import FakeClock

NO_LIMIT = FlushPolicy(max_rows=1_000_000, max_delay=HOUR)


class Shelf:
    """An archive in memory; `appends` are (rows, last epoch). `broken` makes it refuse."""

    def __init__(self) -> None:
        self.appends: list[tuple[int, int]] = []
        self.broken = False
        self.written = threading.Semaphore(0)

    def last_epoch(self) -> int:
        return self.appends[-1][1] if self.appends else 0

    def append(self, events: pa.Table, last_epoch: int) -> None:
        self.written.release()
        if self.broken:
            raise StorageError("The disk is full", "Make room")
        assert events.column_names == ARCHIVE_COLUMNS.names
        self.appends.append((len(events), last_epoch))


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("archive-writer")]


def hurrying(clock: FakeClock) -> Callable[[], int]:
    """A clock that is 40 minutes further each time somebody looks."""

    def look() -> int:
        clock.now += 40 * MINUTE
        return clock.now

    return look


def taken(rows: int, watermark: int | None = FIRST_DAY) -> Taken:
    """An epoch's share: so many accepted events, with the watermark after them."""
    return Taken(
        partition=0,
        received=rows,
        events=epoch_rows(1, rows).drop_columns(["epoch"]),
        event_times=np.zeros(rows, dtype=np.int64),
        missed=np.zeros(rows, dtype=np.int64),
        duplicates=0,
        refused=(),
        start_offset=0,
        next_offset=rows,
        watermark_before=None,
        watermark_after=watermark,
    )


def test_all_epochs_are_archived_in_one_commit_at_the_end(shelf: Shelf, clock: FakeClock) -> None:
    writer = ArchiveWriter(shelf, NO_LIMIT, clock)
    for epoch in (1, 2, 3):
        writer.add(epoch, (taken(4), taken(2)))
    writer.finish()
    assert shelf.appends == [(18, 3)]
    assert writer.archived == 3


def test_nothing_is_archived_twice(shelf: Shelf, clock: FakeClock) -> None:
    writer = ArchiveWriter(shelf, FlushPolicy(max_rows=1, max_delay=HOUR), clock)
    writer.add(1, (taken(4),))
    writer.finish()
    assert shelf.appends == [(4, 1)]


def test_so_many_rows_are_written_at_once(shelf: Shelf, clock: FakeClock) -> None:
    writer = ArchiveWriter(shelf, FlushPolicy(max_rows=10, max_delay=HOUR), clock)
    for epoch in (1, 2, 3, 4):
        writer.add(epoch, (taken(5),))
    writer.finish()
    assert shelf.appends == [(10, 2), (10, 4)]


def test_a_new_day_begins_a_new_commit(shelf: Shelf, clock: FakeClock) -> None:
    writer = ArchiveWriter(shelf, NO_LIMIT, clock)
    writer.add(1, (taken(5, FIRST_DAY),))
    writer.add(2, (taken(5, FIRST_DAY + DAY - 1),))
    writer.add(3, (taken(5, FIRST_DAY + DAY),))
    writer.finish()
    assert shelf.appends == [(10, 2), (5, 3)]


def test_events_wait_no_longer_than_they_may(shelf: Shelf, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archiving, "_POLL_SECONDS", 0.01)
    writer = ArchiveWriter(shelf, NO_LIMIT, hurrying(clock))
    writer.add(1, (taken(5),))
    try:
        assert shelf.written.acquire(timeout=10), "nothing is written although hours went by"
    finally:
        writer.finish()
    assert shelf.appends == [(5, 1)]


def test_epochs_without_an_event_wait_no_longer_either(
    shelf: Shelf, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A stream of broken records or duplicates alone would else leave more and more epochs to make again.
    monkeypatch.setattr(archiving, "_POLL_SECONDS", 0.01)
    writer = ArchiveWriter(shelf, NO_LIMIT, hurrying(clock))
    writer.add(1, (taken(0),))
    try:
        assert shelf.written.acquire(timeout=10), "nothing is written although hours went by"
    finally:
        writer.finish()
    assert shelf.appends == [(0, 1)]


def test_what_archiving_failed_with_stops_the_pipeline(shelf: Shelf, clock: FakeClock) -> None:
    shelf.broken = True
    writer = ArchiveWriter(shelf, FlushPolicy(max_rows=1, max_delay=HOUR), clock)
    with pytest.raises(StorageError, match="disk is full"):
        for epoch in range(1, 10):
            writer.add(epoch, (taken(5),))
    with pytest.raises(StorageError, match="disk is full"):
        writer.check()
    writer.abandon()
    assert writer.archived == 0


def test_an_abandoned_writer_ends_at_once_and_leaves_what_is_buffered(
    shelf: Shelf, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving, "_POLL_SECONDS", 20)
    writer = ArchiveWriter(shelf, NO_LIMIT, clock)
    writer.add(1, (taken(5),))
    ending = threading.Thread(target=writer.abandon)
    ending.start()
    ending.join(10)
    assert not ending.is_alive(), "it waits for something although nobody will hand it anything"
    assert shelf.appends == []
