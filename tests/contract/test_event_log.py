"""What every event log promises, whatever keeps its records."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clickwatch.errors import LogError, RecordTooLong
from clickwatch.eventlog.port import MAX_RECORD_BYTES, EventLog
from tests.support.event_logs import Adapter, Capability, Clock, lines, placed_records, records

AWKWARD = [
    b'{"user_id":"USER_0123","event_type":"view"}',
    b"",
    b"ends in a carriage return\r",
    b'{"broken": ',
    b"\x00\xff\xfe not text",
    "Zeile\u2028trenner \N{SNOWMAN}".encode(),
    b"x" * 500,
    b"",
    b"\r",
]


def _needs(adapter: Adapter, capability: Capability) -> None:
    if capability not in adapter.capabilities:
        pytest.skip(f"{adapter.name}: {capability.name}")


def test_a_new_log_is_empty(event_log: EventLog) -> None:
    block = event_log.read(0, event_log.start_offset(0), 100)
    assert event_log.partitions == 2
    assert event_log.start_offset(0) == event_log.end_offset(0) == block.next_offset
    assert len(block) == 0


@pytest.mark.parametrize("max_bytes", [1, 7, 64, 501, 1 << 20])
def test_records_come_back_byte_for_byte_in_order_however_they_are_cut(event_log: EventLog, max_bytes: int) -> None:
    event_log.append(1, lines(*AWKWARD))
    event_log.append(1, lines(*reversed(AWKWARD)))
    assert records(event_log, 1, max_bytes) == [*AWKWARD, *reversed(AWKWARD)]


def test_partitions_are_apart(event_log: EventLog) -> None:
    event_log.append(0, b"zero\n")
    event_log.append(1, b"one\n")
    assert (records(event_log, 0), records(event_log, 1)) == ([b"zero"], [b"one"])


def test_a_block_has_columns_of_one_length_in_growing_order(event_log: EventLog) -> None:
    event_log.append(0, lines(*AWKWARD))
    block = event_log.read(0, event_log.start_offset(0), 40)
    columns = (block.starts, block.ends, block.offsets, block.log_times)
    assert {column.dtype for column in columns} == {np.dtype(np.int64)}
    assert {len(column) for column in columns} == {len(block)}
    assert block.data.dtype == np.uint8
    assert (np.diff(block.offsets) > 0).all()
    assert block.partition == 0
    assert block.offsets[-1] < block.next_offset


def test_reading_goes_on_at_any_record(event_log: EventLog) -> None:
    event_log.append(0, lines(*AWKWARD))
    placed = list(placed_records(event_log))
    for offset, record in placed:
        block = event_log.read(0, offset, 1)
        assert (int(block.offsets[0]), block.record(0)) == (offset, record)


def test_the_end_is_where_reading_everything_ends(event_log: EventLog) -> None:
    event_log.append(0, lines(*AWKWARD))
    offset = event_log.start_offset(0)
    while len(block := event_log.read(0, offset, 64)):
        offset = block.next_offset
    assert offset == block.next_offset == event_log.end_offset(0)


def test_a_record_longer_than_was_asked_for_is_read_alone(event_log: EventLog) -> None:
    event_log.append(0, lines(b"y" * 3000, b"z"))
    block = event_log.read(0, event_log.start_offset(0), 10)
    assert [block.record(i) for i in range(len(block))] == [b"y" * 3000]


def test_until_leaves_out_the_record_at_it_and_all_after(event_log: EventLog) -> None:
    event_log.append(0, lines(*AWKWARD))
    placed = list(placed_records(event_log))
    for number, (until, _) in enumerate(placed):
        seen: list[int] = []
        offset = event_log.start_offset(0)
        while len(block := event_log.read(0, offset, 1 << 20, until)):
            seen.extend(block.offsets.tolist())
            offset = block.next_offset
        assert seen == [place for place, _ in placed[:number]]


def test_until_within_a_record_leaves_that_record_in(event_log: EventLog) -> None:
    event_log.append(0, lines(b"abc", b"def"))
    start = event_log.start_offset(0)
    if event_log.read(0, start, 1 << 20).offsets.tolist() == [start, start + 1]:
        pytest.skip("no offset lies within a record")
    block = event_log.read(0, start, 1 << 20, start + 1)
    assert [block.record(i) for i in range(len(block))] == [b"abc"]


def test_appending_nothing_adds_nothing(event_log: EventLog) -> None:
    event_log.append(0, b"")
    assert event_log.end_offset(0) == event_log.start_offset(0)


def test_an_unfinished_line_is_refused_whole(event_log: EventLog) -> None:
    with pytest.raises(ValueError, match="newline"):
        event_log.append(0, b"whole\nunfinished")
    assert records(event_log) == []


def test_the_longest_record_is_taken(event_log: EventLog) -> None:
    longest = b"a" * MAX_RECORD_BYTES
    event_log.append(0, lines(b"before", longest, b"after"))
    assert records(event_log) == [b"before", longest, b"after"]


def test_a_longer_record_is_refused_with_its_neighbours(event_log: EventLog) -> None:
    with pytest.raises(RecordTooLong, match=str(MAX_RECORD_BYTES + 1)):
        event_log.append(0, lines(b"before", b"a" * (MAX_RECORD_BYTES + 1), b"after"))
    assert records(event_log) == []


def test_an_offset_after_the_end_is_refused(event_log: EventLog) -> None:
    event_log.append(0, b"one\n")
    with pytest.raises(LogError):
        event_log.read(0, event_log.end_offset(0) + 1, 100)


def test_an_offset_before_the_start_is_refused(event_log: EventLog) -> None:
    event_log.append(0, b"one\n")
    with pytest.raises(LogError):
        event_log.read(0, event_log.start_offset(0) - 1, 100)


def test_an_offset_within_a_record_is_refused(event_log: EventLog, log_adapter: Adapter) -> None:
    _needs(log_adapter, Capability.REFUSES_GAPS)
    event_log.append(0, lines(b"first", b"second"))
    first, second = (offset for offset, _ in placed_records(event_log))
    for offset in {*range(first, event_log.end_offset(0))} - {first, second}:
        with pytest.raises(LogError, match=f"begins at offset {offset}"):
            event_log.read(0, offset, 100)


@pytest.mark.parametrize("partition", [-1, 2])
def test_a_partition_that_is_not_there_is_refused(event_log: EventLog, partition: int) -> None:
    with pytest.raises(LogError, match=f"no partition {partition}"):
        event_log.append(partition, b"lost\n")
    with pytest.raises(LogError, match=f"no partition {partition}"):
        event_log.read(partition, 0, 1)


def test_log_time_is_the_time_of_the_append(event_log: EventLog, log_adapter: Adapter, log_clock: Clock) -> None:
    _needs(log_adapter, Capability.TAKES_CLOCK)
    start = log_clock.now
    event_log.append(0, lines(b"a", b"b"))
    log_clock.now += 5
    event_log.append(0, lines(b"c"))
    block = event_log.read(0, event_log.start_offset(0), 1 << 20)
    assert block.log_times.tolist() == [start, start, start + 5]


def test_log_time_never_goes_back(event_log: EventLog, log_adapter: Adapter, log_clock: Clock, tmp_path: Path) -> None:
    _needs(log_adapter, Capability.TAKES_CLOCK)
    start = log_clock.now
    event_log.append(0, lines(b"a" * 300))
    log_clock.now -= 1000
    event_log.append(0, lines(b"b" * 300))
    other = log_adapter.open(tmp_path, 2, log_clock)
    other.append(0, lines(b"c" * 300))
    other.close()
    offsets = [offset for offset, _ in placed_records(event_log)]
    assert [event_log.read(0, offset, 1).log_times.tolist() for offset in offsets] == [[start]] * 3


def test_a_reader_follows_what_others_append(event_log: EventLog, log_adapter: Adapter, tmp_path: Path) -> None:
    other = log_adapter.open(tmp_path, 2, Clock())
    offset = event_log.end_offset(0)
    for number in range(40):
        other.append(0, lines(b"record %d" % number))
        block = event_log.read(0, offset, 1 << 20)
        assert [block.record(i) for i in range(len(block))] == [b"record %d" % number]
        offset = block.next_offset
    other.close()


def test_two_openings_append_in_turns(event_log: EventLog, log_adapter: Adapter, tmp_path: Path) -> None:
    other = log_adapter.open(tmp_path, 2, Clock())
    expected = [b"%d of %d" % (number, number % 3) for number in range(60)]
    for number, record in enumerate(expected):
        (event_log, other, other)[number % 3].append(0, lines(record))
    other.close()
    assert records(event_log) == expected


def test_a_log_keeps_the_number_of_partitions_it_was_made_with(
    event_log: EventLog, log_adapter: Adapter, tmp_path: Path
) -> None:
    other = log_adapter.open(tmp_path, 7, Clock())
    assert other.partitions == event_log.partitions == 2
    other.close()


def test_a_block_outlives_its_log(event_log: EventLog) -> None:
    event_log.append(0, lines(*AWKWARD[:3]))
    block = event_log.read(0, event_log.start_offset(0), 1 << 20)
    event_log.close()
    assert block.record(0) == AWKWARD[0]


_RECORD = st.binary(max_size=90).map(lambda record: record.replace(b"\n", b"\r"))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(st.lists(_RECORD, max_size=6), max_size=12),
    max_bytes=st.integers(1, 400),
    cut=st.integers(0, 100),
)
def test_any_records_in_any_batches_are_read_once_and_in_order(
    log_adapter: Adapter,
    tmp_path_factory: pytest.TempPathFactory,
    batches: list[list[bytes]],
    max_bytes: int,
    cut: int,
) -> None:
    log = log_adapter.open(tmp_path_factory.mktemp("log"), 1, Clock())
    for batch in batches:
        log.append(0, lines(*batch))
    expected = [record for batch in batches for record in batch]
    placed = list(placed_records(log, 0, max_bytes))
    assert [record for _, record in placed] == expected
    if placed:
        offset = placed[cut % len(placed)][0]
        block = log.read(0, offset, max_bytes)
        assert block.record(0) == expected[cut % len(placed)]
        assert len(block) == 1 or block.next_offset - offset <= max_bytes or block.next_offset == offset + len(block)
    log.close()
