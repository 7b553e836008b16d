"""Many thousands of mangled records: the columns and the judge must agree on each of them."""

import os
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from clickwatch.domain.event import Event
from clickwatch.intake.judging import BlockJudge
from tests.support.blocks import block_of, one_by_one, verdicts_of
from tests.support.mangling import LOG_TIME, MANGLES, Mangle, mangled, valid_record

_SCALE = int(os.environ.get("CLICKWATCH_PROOF_SCALE", "1"))
_RECORDS = 60_000 * _SCALE
_MAX_FUTURE = 300_000_000
_SIZES = (1, 2, 7, 30, 100, 400, 1500, 5000)


def _mixed_records(rng: Random, size: int, share: float) -> list[bytes]:
    """Valid and mangled records; some mangled ones come in numbers, as from a producer with a defect."""
    records: list[bytes] = []
    while len(records) < size:
        record = valid_record(rng)
        if rng.random() < share:
            copies = 40 if rng.random() < 0.01 else 1
            records += [mangled(rng, record)] * copies
        else:
            records.append(record)
    rng.shuffle(records)
    return records[:size]


def test_mangled_records_are_judged_as_the_judge_judges_them() -> None:
    rng = Random(20260126)
    judge = BlockJudge(_MAX_FUTURE)
    seen = accepted = 0
    while seen < _RECORDS:
        size = rng.choice(_SIZES)
        records = _mixed_records(rng, size, share=rng.choice([0.05, 0.5, 0.9]))
        log_times = [LOG_TIME + rng.randrange(-3600, 3600) * 1_000_000 for _ in records]
        block = block_of(records, log_times, between=rng.choice([b"\n", b"\n", b"", b"\r\n", b"\x00\xff"]))
        expected = one_by_one(block, _MAX_FUTURE)
        assert verdicts_of(judge.judge(block)) == expected
        seen += size
        accepted += sum(isinstance(verdict, Event) for verdict in expected)
    assert judge.judged_plain + judge.judged_alone == seen
    assert judge.judged_plain > accepted / 2
    assert judge.judged_alone > seen / 5


def test_clean_traffic_hardly_ever_needs_the_judge() -> None:
    rng = Random(5)
    records = [valid_record(rng) for _ in range(20_000)]
    judge = BlockJudge(_MAX_FUTURE)
    block = block_of(records, [LOG_TIME] * len(records))
    assert verdicts_of(judge.judge(block)) == one_by_one(block, _MAX_FUTURE)
    assert judge.judged_plain > 0.99 * len(records)


def test_what_was_learned_before_changes_no_verdict() -> None:
    rng = Random(8)
    records = _mixed_records(rng, 3000, share=0.3)
    block = block_of(records, [LOG_TIME] * len(records))
    experienced = BlockJudge(_MAX_FUTURE)
    for _ in range(5):
        other = _mixed_records(rng, 1000, share=0.9)
        experienced.judge(block_of(other, [LOG_TIME] * len(other)))
    fresh = BlockJudge(_MAX_FUTURE).judge(block)
    assert verdicts_of(experienced.judge(block)) == verdicts_of(fresh)


@settings(max_examples=200 * _SCALE, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    copies=st.sampled_from([1, 30]),
    ways=st.lists(st.sampled_from(MANGLES), min_size=1, max_size=4),
    neighbours=st.integers(0, 60),
)
def test_one_mangled_record_harms_no_neighbour(seed: int, copies: int, ways: list[Mangle], neighbours: int) -> None:
    rng = Random(seed)
    record = valid_record(rng)
    spoilt = record
    for way in ways:
        spoilt = (way(rng, spoilt) or b"{}").replace(b"\n", b" ")
    records = [record] * neighbours + [spoilt] * copies + [record] * neighbours
    block = block_of(records, [LOG_TIME] * len(records))
    assert verdicts_of(BlockJudge(_MAX_FUTURE).judge(block)) == one_by_one(block, _MAX_FUTURE)
