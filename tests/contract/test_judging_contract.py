"""The case table, judged in blocks."""

from random import Random

import pytest

from clickwatch.domain.event import Refusal
from clickwatch.intake.judging import BlockJudge
from tests.support.blocks import block_of, one_by_one, verdicts_of
from tests.support.contract_cases import CASES, LOG_TIME, MAX_FUTURE
from tests.support.contract_records import event, raw


@pytest.mark.parametrize("copies", [1, 40])
def test_every_case_of_the_contract_is_judged_alike_in_a_block_of_its_own(copies: int) -> None:
    for case in CASES:
        block = block_of([case.raw] * copies, [LOG_TIME] * copies)
        expected = Refusal(case.expected) if isinstance(case.expected, str) else case.expected
        assert verdicts_of(BlockJudge(MAX_FUTURE).judge(block)) == [expected] * copies, case.name


def test_every_case_of_the_contract_is_judged_alike_among_plain_neighbours() -> None:
    for case in CASES:
        block = block_of([raw()] * 40 + [case.raw] * 40 + [raw()] * 40, [LOG_TIME] * 120)
        judge = BlockJudge(MAX_FUTURE)
        verdicts = verdicts_of(judge.judge(block))
        assert verdicts[:40] == verdicts[80:] == [event()] * 40, case.name
        assert verdicts == one_by_one(block, MAX_FUTURE), case.name
        assert judge.judged_plain >= 80


@pytest.mark.parametrize("between", [b"\n", b"", b"\r\n", b'"key",{"\xff\\'])
def test_the_whole_table_shuffled_keeps_its_order_and_its_neighbours(between: bytes) -> None:
    rng = Random(3)
    records = [case.raw for case in CASES] + [raw()] * 2000
    rng.shuffle(records)
    block = block_of(records, [LOG_TIME] * len(records), between)
    judge = BlockJudge(MAX_FUTURE)
    assert verdicts_of(judge.judge(block)) == one_by_one(block, MAX_FUTURE)
    assert judge.judged_plain >= 1900
