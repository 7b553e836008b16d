"""A process that judges blocks for the pipeline: the other half of `judging_pool.py`.

Started as `python -m clickwatch.speed.embedded.judging_worker DESCRIPTOR MAX_FUTURE`. Each line on standard input asks
for one block, which lies in the shared memory behind the descriptor; the verdicts go back the same way and a line on
standard output says so. The process ends when its standard input does: also when the pipeline is killed.
"""

import json
import mmap
import os
import sys
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from clickwatch.eventlog.port import RecordBlock
from clickwatch.intake.judging import BlockJudge, Judged

ROW = "row"
_BOUNDS = 3


def shared_bytes(size: int, records: int) -> int:
    """How much shared memory a block of `size` bytes and so many records needs, its verdicts included."""
    words = (size + 7) // 8 + _BOUNDS * records
    return 8 * words + answer_room(size, records)


def answer_room(size: int, records: int) -> int:
    """Bytes kept for the verdicts: more than the columns of valid records can take."""
    return size + 256 * records + (1 << 16)


def put_block(shared: mmap.mmap, block: RecordBlock) -> None:
    """Write a block's bytes and bounds."""
    memory = np.frombuffer(shared, np.uint8)
    memory[: len(block.data)] = block.data
    at = (len(block.data) + 7) // 8 * 8
    for column in (block.starts, block.ends, block.log_times):
        memory[at : at + 8 * len(block)].view(np.int64)[:] = column
        at += 8 * len(block)


def get_block(shared: mmap.mmap, size: int, records: int) -> RecordBlock:
    """The block that `put_block` wrote; it has no place in a log."""
    at = (size + 7) // 8 * 8
    starts, ends, log_times = np.frombuffer(shared, np.int64, _BOUNDS * records, at).reshape(_BOUNDS, records)
    return RecordBlock(0, np.frombuffer(shared, np.uint8, size), starts, ends, starts, log_times, size)


def put_verdicts(shared: mmap.mmap, judged: Judged, size: int, records: int) -> int:
    """Write the valid records behind the block, as an Arrow stream; its length in bytes."""
    start = len(shared) - answer_room(size, records)
    sink = pa.FixedSizeBufferWriter(pa.py_buffer(memoryview(shared)[start:]))
    table = judged.columns.append_column(ROW, pa.array(judged.rows))
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return int(sink.tell())


def get_verdicts(shared: mmap.mmap, length: int, size: int, records: int) -> pa.Table:
    """A copy of the valid records, with their rows in the block as the column ROW."""
    start = len(shared) - answer_room(size, records)
    kept = pa.allocate_buffer(length)
    np.frombuffer(kept, np.uint8)[:] = np.frombuffer(shared, np.uint8, length, start)
    table: pa.Table = pa.ipc.open_stream(kept).read_all()
    return table


def _answers(descriptor: int, judge: BlockJudge) -> Iterator[str]:
    shared: mmap.mmap | None = None
    for line in sys.stdin:
        task = json.loads(line)
        if shared is None or len(shared) != task["shared"]:
            shared = mmap.mmap(descriptor, task["shared"])
        judged = judge.judge(get_block(shared, task["size"], task["records"]))
        length = put_verdicts(shared, judged, task["size"], task["records"])
        yield json.dumps({"length": length, "refused": judged.refused})


def main(descriptor: int, max_future: int) -> None:
    """Answer until standard input ends."""
    try:
        print("ready", flush=True)
        for answer in _answers(descriptor, BlockJudge(max_future)):
            print(answer, flush=True)
    except BrokenPipeError:
        # The pipeline was killed. What is left unsaid must not fail once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
