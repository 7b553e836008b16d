"""From batches to partitions: the log's own rule, in columns."""

from itertools import chain

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickwatch.domain.window import DAY, SECOND
from clickwatch.errors import NotDelivered
from clickwatch.eventlog.partitioner import partition_of
from clickwatch.sources.batch import LineBatch, joined, split_lines
from clickwatch.sources.partitioning import LONGEST_KEY, partitions_of
from clickwatch.sources.traffic import TrafficGenerator, TrafficPlan
from clickwatch.sources.writer import LogWriter, deliver
from tests.support.recorded_log import RecordedLog

KEYS = st.lists(st.binary(max_size=40) | st.binary(min_size=500, max_size=520), min_size=1, max_size=60)


@settings(deadline=None)
@given(keys=KEYS, partitions=st.integers(1, 256), skipped=st.integers(0, 3))
def test_many_keys_are_placed_as_one_key_is(keys: list[bytes], partitions: int, skipped: int) -> None:
    placed = partitions_of(pa.array(keys, pa.binary())[skipped:], partitions)
    assert placed.tolist() == [partition_of(key[:LONGEST_KEY], partitions) for key in keys[skipped:]]


def test_all_lines_of_a_user_meet_in_one_partition_in_order() -> None:
    plan = TrafficPlan(20_000 * DAY, 600 * SECOND, 70_000, 1, ("PROD_001",))
    log = RecordedLog(partitions=5)
    writer = LogWriter(log)
    for batch in TrafficGenerator(plan).batches():
        writer.write(batch)
    lines = list(
        chain.from_iterable(joined(b.lines).splitlines(keepends=True) for b in TrafficGenerator(plan).batches())
    )
    for partition in range(5):
        of_users = [line for line in lines if partition_of(line[12:21], 5) == partition]
        assert log.partition(partition) == b"".join(of_users)
    assert (writer.events, writer.bytes) == (70_000, sum(map(len, lines)))


def test_of_an_append_that_was_not_acknowledged_whole_the_rest_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    log = RecordedLog(partitions=1)
    writer = LogWriter(log)

    def takes_the_second_alone(partition: int, lines: bytes, keys: object = None) -> None:
        raise NotDelivered("2 of 3 records were not acknowledged", "", [0, 2])

    monkeypatch.setattr(log, "append", takes_the_second_alone)
    with pytest.raises(NotDelivered):
        writer.write(LineBatch(split_lines(b"first\nsecond, and longer\nthird\n"), None, None))
    assert (writer.events, writer.bytes) == (1, len(b"second, and longer\n"))


def test_a_batch_is_at_most_one_append_per_partition() -> None:
    plan = TrafficPlan(20_000 * DAY, 600 * SECOND, 5_000, 1, ())
    log = RecordedLog(partitions=3)
    LogWriter(log).write(next(TrafficGenerator(plan).batches()))
    assert [partition for partition, _ in log.appends] == [0, 1, 2]


def test_a_line_without_a_key_goes_by_its_own_bytes() -> None:
    lines = [b"\n", b"broken\n", b"broken\n", b"\xff\xfe\n", b"x" * 5000 + b"\n"]
    keys = pa.array([None, None, b"USER_1", None, None], pa.binary()).dictionary_encode()
    log = RecordedLog(partitions=7)
    LogWriter(log).write(LineBatch(split_lines(b"".join(lines)), keys, None))
    for line, key in zip(lines, [b"", b"broken", b"USER_1", b"\xff\xfe", b"x" * LONGEST_KEY], strict=True):
        assert line in log.partition(partition_of(key, 7))


def test_stopping_is_heeded_between_two_batches() -> None:
    log = RecordedLog()
    batches = (LineBatch(split_lines(b"%d\n" % number), None, None) for number in range(5))
    for _ in deliver(batches, LogWriter(log), None, lambda: len(log.appends) == 2):
        pass
    assert log.partition(0) == b"0\n1\n"


@pytest.mark.parametrize(("start", "stop"), [(0, 3), (1, 2), (2, 2)])
def test_a_part_of_a_batch_is_its_lines_and_times(start: int, stop: int) -> None:
    batch = LineBatch(split_lines(b"a\nbb\n\n"), None, np.arange(3))
    part = batch.part(start, stop)
    assert joined(part.lines) == b"".join([b"a\n", b"bb\n", b"\n"][start:stop])
    assert part.times is not None and part.times.tolist() == list(range(start, stop))
