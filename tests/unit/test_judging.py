"""What a block's judge promises beside its verdicts."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from random import Random

import numpy as np
import pytest

from clickwatch.domain.columns import VALID_COLUMNS
from clickwatch.eventlog.port import RecordBlock
from clickwatch.intake import judging
from clickwatch.intake.judging import BlockJudge
from tests.support.blocks import block_of, one_by_one, verdicts_of
from tests.support.contract_cases import LOG_TIME, MAX_FUTURE
from tests.support.contract_records import event, raw
from tests.support.mangling import mangled, valid_record


def test_an_empty_block_has_no_verdicts() -> None:
    judged = BlockJudge(MAX_FUTURE).judge(block_of([], []))
    assert (len(judged.rows), judged.columns.num_rows, judged.refused) == (0, 0, ())
    assert judged.columns.schema == VALID_COLUMNS


def test_plain_refused_and_unusual_records_keep_their_places() -> None:
    unusual = raw(category='"caf\\u00e9"')
    records = [raw()] * 30 + [b"broken", unusual] + [raw(price="1.5")] * 30 + [b""]
    judge = BlockJudge(MAX_FUTURE)
    judged = judge.judge(block_of(records, [LOG_TIME] * len(records)))
    assert judged.refused == ((30, "not_json"), (62, "not_json"))
    assert judged.rows.tolist() == [*range(30), *range(31, 62)]
    assert judged.columns["category"].to_pylist() == ["unknown"] * 30 + ["café"] + ["unknown"] * 30
    assert judged.columns["price"].to_pylist() == [None] * 31 + [Decimal("1.5000")] * 30
    assert (judge.judged_plain, judge.judged_alone) == (60, 3)


def test_an_event_may_be_as_far_ahead_of_its_own_log_time_as_is_allowed() -> None:
    at = event().event_time
    log_times = [at - MAX_FUTURE, at - MAX_FUTURE - 1, at] * 20
    judge = BlockJudge(MAX_FUTURE)
    judged = judge.judge(block_of([raw()] * 60, log_times))
    assert judged.refused == tuple((row, "future_timestamp") for row in range(1, 60, 3))
    assert judge.judged_plain == 40


def test_many_parts_are_judged_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "_PART", 60_000)
    rng = Random(4)
    records = [valid_record(rng) if rng.random() < 0.9 else mangled(rng, valid_record(rng)) for _ in range(3000)]
    block = block_of(records, [LOG_TIME] * len(records))
    judge = BlockJudge(MAX_FUTURE)
    assert verdicts_of(judge.judge(block)) == one_by_one(block, MAX_FUTURE)
    assert judge.judged_plain > 1500


def test_what_offsets_of_32_bits_do_not_reach_is_judged_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "_REACH", 10_000)
    judge = BlockJudge(MAX_FUTURE)
    assert verdicts_of(judge.judge(block_of([raw()] * 500, [LOG_TIME] * 500))) == [event()] * 500
    assert 0 < judge.judged_plain <= 10_000 // len(raw())


def test_records_that_lie_in_no_order_are_judged_all_the_same() -> None:
    ordered = block_of([raw(event_id=f'"e{i}"') for i in range(50)], [LOG_TIME] * 50)
    turned = RecordBlock(
        0,
        ordered.data,
        ordered.starts[::-1],
        ordered.ends[::-1],
        ordered.offsets,
        ordered.log_times,
        ordered.next_offset,
    )
    assert verdicts_of(BlockJudge(MAX_FUTURE).judge(turned)) == [event(event_id=f"e{i}") for i in range(49, -1, -1)]


def test_a_block_within_other_bytes_is_read_in_place() -> None:
    block = block_of([raw()] * 50, [LOG_TIME] * 50)
    around = np.frombuffer(b'{"' * 400 + block.data.tobytes() + b'","' * 400, dtype=np.uint8)
    moved = RecordBlock(0, around, block.starts + 800, block.ends + 800, block.offsets, block.log_times, 0)
    judge = BlockJudge(MAX_FUTURE)
    assert verdicts_of(judge.judge(moved)) == [event()] * 50
    assert judge.judged_plain == 50


def test_two_threads_may_share_a_judge() -> None:
    rng = Random(6)
    judge = BlockJudge(MAX_FUTURE)
    blocks = [block_of([valid_record(rng) for _ in range(2000)], [LOG_TIME] * 2000) for _ in range(8)]
    with ThreadPoolExecutor(2) as pool:
        verdicts = list(pool.map(lambda block: verdicts_of(judge.judge(block)), blocks))
    assert verdicts == [one_by_one(block, MAX_FUTURE) for block in blocks]
    assert judge.judged_plain + judge.judged_alone == 16_000


def test_ids_that_never_repeat_are_plain_too() -> None:
    records = [raw(user_id=f'"user-{i}"', product_id=str(i)) for i in range(20_000)]
    judge = BlockJudge(MAX_FUTURE)
    judged = judge.judge(block_of(records, [LOG_TIME] * len(records)))
    assert judge.judged_alone == 0
    assert judged.columns["user_id"].to_pylist() == [f"user-{i}" for i in range(20_000)]
    assert judged.columns["product_id"].to_pylist() == [str(i) for i in range(20_000)]


def test_a_quote_too_few_and_one_too_many_do_not_make_up_for_each_other() -> None:
    plain, few, many = (raw(x="1").replace(b'"x":1', b'"x":' + text) for text in (b'"v"', b'"', b'"a"b"'))
    few, many = few[:-1] + b',"y":"v"}', many[:-1] + b',"y":"v"}'
    records = [few, many] + [plain[:-1] + b',"y":"v"}'] * 40
    judge = BlockJudge(MAX_FUTURE)
    judged = judge.judge(block_of(records, [LOG_TIME] * len(records)))
    assert judged.refused == ((0, "not_json"), (1, "not_json"))
    assert judge.judged_plain == 40
