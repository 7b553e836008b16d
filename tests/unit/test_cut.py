"""When a day is complete: nothing of it is to be expected any more, as far as can be known."""

from clickwatch.batch.completeness import ends_of, is_complete, unfinished
from clickwatch.domain.day import Day
from clickwatch.domain.window import HOUR, MINUTE
from clickwatch.store.epochs import PartitionProgress
from tests.support.memory_log import Entry, MemoryLog

DAY = Day.parse("2026-01-26")
DELAY = 2 * MINUTE
RECORD = Entry(DAY.start, b"x" * 9)
END = 30
NIGHT = DAY.end + HOUR


def complete(*places: PartitionProgress | None, now: int = NIGHT) -> bool:
    """Partitions of three records each, processed up to these places."""
    log = MemoryLog([[RECORD] * 3] * len(places))
    progress = {number: place for number, place in enumerate(places) if place is not None}
    return is_complete(DAY, log, progress, now, DELAY)


def place(next_offset: int, watermark: int | None) -> PartitionProgress:
    return PartitionProgress(0, next_offset, watermark)


def test_a_day_is_complete_when_every_watermark_is_past_its_end() -> None:
    # ... day ─────────┤ end
    #                  │ watermark
    assert complete(place(10, DAY.end), place(20, DAY.end + 1), now=DAY.end)
    assert not complete(place(10, DAY.end), place(20, DAY.end - 1), now=DAY.end)


def test_a_partition_that_nothing_comes_to_is_not_waited_for_after_its_time() -> None:
    # ... day ─────────┤ end ── delay ──│ now
    behind = place(END, DAY.end - HOUR)
    assert complete(behind, place(20, DAY.end), now=DAY.end + DELAY)
    assert not complete(behind, place(20, DAY.end), now=DAY.end + DELAY - 1)


def test_a_partition_with_records_that_nobody_looked_at_is_waited_for() -> None:
    assert not complete(place(END - 10, DAY.end - HOUR))
    assert not complete(place(END - 10, None))


def test_a_partition_that_was_never_read_counts_as_unread_unless_it_is_empty() -> None:
    assert not complete(None, place(END, DAY.end))
    log = MemoryLog([[], [RECORD]])
    assert is_complete(DAY, log, {1: place(10, None)}, NIGHT, DELAY)


def test_what_comes_after_a_moment_can_be_left_out_of_what_is_waited_for() -> None:
    log = MemoryLog([[RECORD] * 3, [RECORD] * 3])
    progress = {0: place(20, DAY.end - HOUR), 1: place(10, None)}
    assert unfinished(DAY, log, {0: 20, 1: 20}, progress, is_over=True) == [1]
    assert unfinished(DAY, log, {0: 20, 1: 20}, progress, is_over=False) == [0, 1]
    assert unfinished(DAY, log, ends_of(log), progress, is_over=True) == [0, 1]


def test_a_partition_of_broken_records_alone_has_no_watermark_and_holds_nobody_up() -> None:
    assert complete(place(END, None))
