"""A process that judges blocks for the pipeline: the other half of `judging_pool.py`.

Started as `python -m clickwatch.speed.embedded.judging_worker DESCRIPTOR MAX_FUTURE`. Each line on standard input asks
for one block, which lies in the shared memory behind the descriptor; the verdicts go into another region of it and a
line on standard output says so. The process ends when its standard input does: also when the pipeline is killed.
"""

import json
import mmap
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from clickwatch.eventlog.port import RecordBlock
from clickwatch.intake.judging import BlockJudge, Judged
from clickwatch.speed.embedded.shared_memory import Bytes, Region, mapped

ROW = "row"
_BOUNDS = 3


@dataclass(frozen=True)
class Task:
    """A block of `size` bytes and so many records to judge, and the region for its bounds and verdicts."""

    block: Region
    size: int
    records: int
    answer: Region

    def to_json(self) -> str:
        """One line, without its end."""
        numbers = (self.block.offset, self.block.size, self.size, self.records, self.answer.offset, self.answer.size)
        return json.dumps(numbers)

    @classmethod
    def from_json(cls, line: str) -> "Task":
        """The inverse of `to_json`."""
        block_at, block_size, size, records, answer_at, answer_size = json.loads(line)
        return cls(Region(block_at, block_size), size, records, Region(answer_at, answer_size))


def answer_bytes(size: int, records: int) -> int:
    """Room for the bounds and verdicts of a block: more than the columns of its valid records can take."""
    return _bounds_bytes(records) + size + 256 * records + (1 << 16)


def put_bounds(answer: Bytes, block: RecordBlock) -> None:
    """Write where a block's records begin and end, and their log times."""
    bounds = answer[: _bounds_bytes(len(block))].view(np.int64).reshape(_BOUNDS, -1)
    for row, column in zip(bounds, (block.starts, block.ends, block.log_times), strict=True):
        row[:] = column


def get_verdicts(answer: Bytes, length: int, refused: list[tuple[int, str]], records: int) -> Judged:
    """The verdicts where they lie: they hold the region for as long as they are used."""
    start = _bounds_bytes(records)
    table: pa.Table = pa.ipc.open_stream(pa.py_buffer(answer[start : start + length])).read_all()
    rows = table[ROW].combine_chunks().to_numpy()
    return Judged(rows, table.drop_columns(ROW), tuple((index, reason) for index, reason in refused))


def _bounds_bytes(records: int) -> int:
    return 8 * _BOUNDS * records


def _get_block(data: mmap.mmap, answer: mmap.mmap, task: Task) -> RecordBlock:
    starts, ends, log_times = np.frombuffer(answer, np.int64, _BOUNDS * task.records).reshape(_BOUNDS, -1)
    data_bytes = np.frombuffer(data, np.uint8, task.size)
    return RecordBlock(0, data_bytes, starts, ends, starts, log_times, task.size)  # without its place in a log


def _put_verdicts(answer: mmap.mmap, judged: Judged, task: Task) -> int:
    """Write the valid records behind the bounds, as an Arrow stream; its length in bytes."""
    sink = pa.FixedSizeBufferWriter(pa.py_buffer(memoryview(answer)[_bounds_bytes(task.records) :]))
    table = judged.columns.append_column(ROW, pa.array(judged.rows))
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return int(sink.tell())


def _answers(descriptor: int, judge: BlockJudge) -> Iterator[str]:
    known: dict[Region, mmap.mmap] = {}
    for line in sys.stdin:
        task = Task.from_json(line)
        for region in (task.block, task.answer):
            if region not in known:
                known[region] = mapped(descriptor, region)
        judged = judge.judge(_get_block(known[task.block], known[task.answer], task))
        length = _put_verdicts(known[task.answer], judged, task)
        yield json.dumps({"length": length, "refused": judged.refused})


def main(descriptor: int, max_future: int) -> None:
    """Answer until standard input ends."""
    pa.set_memory_pool(pa.system_memory_pool())  # as the pipeline does
    try:
        print("ready", flush=True)
        for answer in _answers(descriptor, BlockJudge(max_future)):
            print(answer, flush=True)
    except BrokenPipeError:
        # The pipeline was killed. What is left unsaid must not fail once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
