"""Blocks of log records for tests, and verdicts in a form that can be compared."""

from collections.abc import Sequence

import numpy as np

from clickwatch.domain.columns import VALID_COLUMNS
from clickwatch.domain.event import Event, EventType, Refusal
from clickwatch.domain.judge import judge
from clickwatch.eventlog.port import RecordBlock
from clickwatch.intake.judging import Judged

Verdict = Event | Refusal


def block_of(
    records: Sequence[bytes], log_times: Sequence[int], between: bytes = b"\n", last: bytes = b"\n"
) -> RecordBlock:
    """The records with `between` after each but the last, and `last` after that one."""
    lengths = np.array([len(record) for record in records], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths + len(between))[:-1]]).astype(np.int64)[: len(records)]
    data = np.frombuffer(between.join(records) + last, dtype=np.uint8)
    return RecordBlock(0, data, starts, starts + lengths, starts, np.array(log_times, dtype=np.int64), len(data))


def one_by_one(block: RecordBlock, max_future: int) -> list[Verdict]:
    """What the judge says of each record."""
    return [judge(block.record(i), int(block.log_times[i]), max_future) for i in range(len(block))]


def verdicts_of(judged: Judged) -> list[Verdict]:
    """What became of each record; also holds the columns against what they promise."""
    check_columns(judged)
    verdicts: dict[int, Verdict] = {row: Refusal(reason) for row, reason in judged.refused}
    for row, values in zip(judged.rows.tolist(), judged.columns.to_pylist(), strict=True):
        assert row not in verdicts
        verdicts[row] = Event(**{**values, "event_type": EventType(values["event_type"])})
    assert sorted(verdicts) == list(range(len(verdicts)))
    return [verdicts[row] for row in range(len(verdicts))]


def check_columns(judged: Judged) -> None:
    """Raise AssertionError unless the columns are as `Judged` promises."""
    assert judged.columns.schema == VALID_COLUMNS
    judged.columns.validate(full=True)
    assert judged.rows.dtype == np.int64
    assert (np.diff(judged.rows) > 0).all()
    refused = [row for row, _ in judged.refused]
    assert refused == sorted(set(refused))
    for field, column in zip(VALID_COLUMNS, judged.columns.columns, strict=True):
        assert column.num_chunks <= 1
        assert field.nullable or column.null_count == 0
        for chunk in column.chunks if hasattr(field.type, "value_type") else []:
            assert len(chunk.dictionary.unique()) == len(chunk.dictionary)
