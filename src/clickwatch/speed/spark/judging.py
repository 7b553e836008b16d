"""Judging on Spark's workers: each task takes the records of one log partition in offset order.

What a task makes of a record depends on the records before it in its partition, and on the watermark that the store
had: on nothing else. So a task may run again, anywhere.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clickwatch.domain.columns import ARCHIVE_COLUMNS
from clickwatch.eventlog.port import RecordBlock
from clickwatch.intake.id_table import NEVER
from clickwatch.intake.intake import IntakeRules, event_columns, missed_windows, running_marks
from clickwatch.intake.judging import BlockJudge, Judged
from clickwatch.speed.spark.records import as_blocks

EVENT_COLUMNS = pa.schema([field for field in ARCHIVE_COLUMNS if field.name != "epoch"])
"""Accepted events before they have an epoch."""

VERDICTS = pa.schema(
    [
        *(field.with_nullable(True) for field in EVENT_COLUMNS),
        pa.field("mark", pa.int64()),
        pa.field("missed", pa.int64()),
        pa.field("log_time", pa.int64()),
        pa.field("reason", pa.string()),
        pa.field("raw", pa.binary()),
        pa.field("received", pa.int64()),
        pa.field("first_offset", pa.int64()),
        pa.field("next_offset", pa.int64()),
    ]
)
"""Three kinds of rows, each with its `source_partition`.

Valid records: the event, `mark` (the watermark at its position, µs), `missed` (how many of its windows had ended).
Refused ones: `source_offset`, `log_time` (µs), `reason`, `raw`. And summaries of some records each: `received`,
`first_offset`, `next_offset`, and `mark` after them.
"""


def judging(
    rules: IntakeRules, watermarks: Mapping[int, int | None]
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What judges the records of an epoch (batches of RECORDS, to VERDICTS), from these watermarks on (µs)."""

    def judge(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        marks = {p: NEVER if mark is None else mark for p, mark in watermarks.items()}
        for batch in batches:
            for block in as_blocks(batch) if len(batch) else ():
                rows, marks[block.partition] = _verdicts(block, rules, marks[block.partition])
                yield from rows.to_batches()

    return judge


@cache
def _judge(max_future: int) -> BlockJudge:
    """One for each worker process: it remembers the shapes of records."""
    return BlockJudge(max_future)


def _verdicts(block: RecordBlock, rules: IntakeRules, watermark: int) -> tuple[pa.Table, int]:
    """The rows of a block, and the watermark after it."""
    judged = _judge(rules.stream.max_future).judge(block)
    event_times = judged.columns["event_time"].combine_chunks().to_numpy()
    marks = running_marks(watermark, event_times, block.log_times[judged.rows], rules.stream.delay)
    missed = missed_windows(event_times, marks[:-1], rules.spec)
    events = event_columns(block, judged.rows, judged.columns, missed > 0, rules.pseudonymiser)
    valid = events.append_column("mark", pa.array(marks[:-1])).append_column("missed", pa.array(missed))
    after = int(marks[-1])
    parts = [_plain(valid), _refused(block, judged), _summary(block, after)]
    return pa.concat_tables([_filled(part) for part in parts]).combine_chunks(), after


def _refused(block: RecordBlock, judged: Judged) -> pa.Table:
    rows = np.array([index for index, _ in judged.refused], dtype=np.int64)
    return pa.table(
        {
            "source_partition": pa.array(np.full(len(rows), block.partition, np.int32)),
            "source_offset": pa.array(block.offsets[rows]),
            "log_time": pa.array(block.log_times[rows]),
            "reason": pa.array([reason for _, reason in judged.refused], pa.string()),
            "raw": pa.array([block.record(index) for index in rows.tolist()], pa.binary()),
        }
    )


def _summary(block: RecordBlock, mark: int) -> pa.Table:
    row = {
        "source_partition": block.partition,
        "mark": mark,
        "received": len(block),
        "first_offset": int(block.offsets[0]),
        "next_offset": block.next_offset,
    }
    return pa.Table.from_pylist([row], schema=pa.schema([VERDICTS.field(name) for name in row]))


def _plain(table: pa.Table) -> pa.Table:
    """The same rows without dictionaries, which Spark does not take."""
    fields = [VERDICTS.field(name) for name in table.column_names]
    return pa.table([pc.cast(table[field.name], field.type) for field in fields], schema=pa.schema(fields))


def _filled(table: pa.Table) -> pa.Table:
    """All columns of VERDICTS: those that are missing are null."""
    have = set(table.column_names)
    columns = [table[f.name] if f.name in have else pa.nulls(len(table), f.type) for f in VERDICTS]
    return pa.table(columns, schema=VERDICTS)
