"""Reading ahead: every record once and in order, whatever is read in advance."""

import pytest

from clickwatch.errors import LogError
from clickwatch.eventlog.port import Buffer, RecordBlock, new_buffer
from clickwatch.speed.embedded.judging_pool import JudgePool
from clickwatch.speed.embedded.reading import Ahead, Reader
from tests.support.memory_log import MemoryLog
from tests.support.small_home import GrowingLog, shopping

LENGTH = len(shopping(0, 1)[0].raw) + 1
LARGE = 1 << 20


def reader(log: MemoryLog, max_bytes: int = LARGE) -> Reader:
    return Reader(log, JudgePool(0, workers=0), dict.fromkeys(range(log.partitions), 0), max_bytes)


def offsets(ahead: Ahead) -> dict[int, list[int]]:
    """The offsets read, by partition."""
    return {b.block.partition: b.block.offsets.tolist() for b in ahead.blocks}


def test_all_partitions_that_have_something_are_read() -> None:
    reads = reader(MemoryLog([shopping(0, 2), [], shopping(0, 1)]))
    first = reads.next()
    assert offsets(first) == {0: [0, LENGTH], 2: [0]}
    assert first.nbytes == 3 * LENGTH
    assert reads.next().blocks == ()
    reads.close()


def test_nothing_is_lost_or_repeated_when_it_reads_ahead() -> None:
    # Two records are most of what an epoch takes: there may be more, and it is being read already.
    reads = reader(MemoryLog([shopping(0, 5)], cut=lambda: 2), max_bytes=3 * LENGTH)
    seen: list[list[int]] = []
    while (ahead := reads.next()).blocks:
        seen.append([offset // LENGTH for offset in offsets(ahead)[0]])
        assert reads.is_ahead == (ahead.nbytes == 2 * LENGTH)
    assert seen == [[0, 1], [2, 3], [4]]
    reads.close()


def test_reading_stops_before_the_given_ends() -> None:
    reads = reader(MemoryLog([shopping(0, 5), shopping(0, 5)]))
    until = {0: 3 * LENGTH, 1: 0}
    assert offsets(reads.next(until)) == {0: [0, LENGTH, 2 * LENGTH]}
    assert reads.next(until).blocks == ()
    reads.close()


def test_what_comes_later_is_read_later() -> None:
    log = GrowingLog([shopping(0, 1)])
    reads = reader(log)
    assert offsets(reads.next()) == {0: [0]}
    log.add(0, *shopping(1, 2))
    assert offsets(reads.next()) == {0: [LENGTH]}
    reads.close()


def test_a_log_that_is_away_is_asked_again_and_nothing_is_lost_by_it() -> None:
    log = GrowingLog([shopping(0, 2)])
    log.there.clear()
    reads = reader(log)
    assert [reads.next().keeps_waiting for _ in range(2)] == [True, True]
    log.there.set()
    ahead = reads.next()
    assert (offsets(ahead), ahead.keeps_waiting) == ({0: [0, LENGTH]}, False)
    reads.close()


def test_a_failure_of_the_log_is_raised_where_the_blocks_are_asked_for() -> None:
    class Damaged(MemoryLog):
        def read(
            self, partition: int, offset: int, max_bytes: int, until: int | None = None, buffer: Buffer = new_buffer
        ) -> RecordBlock:
            raise LogError("The log is damaged", "Restore it")

    reads = reader(Damaged([shopping(0, 1)]))
    with pytest.raises(LogError, match="damaged"):
        reads.next()
    reads.close()
