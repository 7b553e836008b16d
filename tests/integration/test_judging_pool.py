"""Judging in other processes gives the same verdicts as judging here, also when a process ends on the way."""

import signal
import time
from collections.abc import Iterator

import numpy as np
import pytest

from clickwatch.eventlog.port import RecordBlock
from clickwatch.intake.judging import BlockJudge
from clickwatch.speed.embedded import judging_pool
from clickwatch.speed.embedded.judging_pool import JudgePool
from tests.support.blocks import block_of, verdicts_of
from tests.support.mixed_clicks import MixedClicks

NOON = 1_769_428_800_000_000
RECORDS = 3000


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[JudgePool]:
    monkeypatch.setattr(judging_pool, "_LARGE", 1000)
    made = JudgePool(0, workers=2)
    yield made
    made.close()


@pytest.fixture
def block() -> RecordBlock:
    records = MixedClicks(seed=1, partitions=1).batch(RECORDS)[0].split(b"\n")[:-1]
    return block_of(records, [NOON] * len(records))


def shared(pool: JudgePool, block: RecordBlock) -> RecordBlock:
    """The block as a log makes it that asks the pool for room."""
    data = pool.buffer(len(block.data))
    data[:] = block.data
    return RecordBlock(0, data, block.starts, block.ends, block.offsets, block.log_times, block.next_offset)


def wait_for_processes(pool: JudgePool, block: RecordBlock) -> None:
    """Judge until both processes are up: before that, blocks are judged here."""
    pool.judge(shared(pool, block)).result()
    deadline = time.monotonic() + 60
    while pool._idle.qsize() < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_other_processes_say_what_the_judge_here_says(pool: JudgePool, block: RecordBlock) -> None:
    wait_for_processes(pool, block)
    here = verdicts_of(BlockJudge(0).judge(block))
    answers = [pool.judge(shared(pool, block)) for _ in range(6)]
    assert pool._here.judged_plain + pool._here.judged_alone <= 2 * len(block), "the rest was judged elsewhere"
    for answer in answers:
        assert verdicts_of(answer.result()) == here


def test_verdicts_stay_what_they_were_while_further_blocks_are_judged(pool: JudgePool, block: RecordBlock) -> None:
    wait_for_processes(pool, block)
    kept = pool.judge(shared(pool, block)).result()
    before = verdicts_of(kept)
    others = np.flatnonzero(np.arange(len(block)) % 2)
    smaller = RecordBlock(
        0, block.data, block.starts[others], block.ends[others], block.offsets[others], block.log_times[others], 0
    )
    for _ in range(5):
        pool.judge(shared(pool, smaller)).result()
    assert verdicts_of(kept) == before


def test_when_the_processes_are_gone_blocks_are_judged_here(pool: JudgePool, block: RecordBlock) -> None:
    wait_for_processes(pool, block)
    for worker in pool._started:
        worker._process.send_signal(signal.SIGKILL)
        worker._process.wait()
    here = verdicts_of(BlockJudge(0).judge(block))
    for _ in range(4):
        assert verdicts_of(pool.judge(shared(pool, block)).result()) == here
