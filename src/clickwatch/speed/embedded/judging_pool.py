"""Judging on the other cores: processes that judge large blocks, so that catching up is not bound to one.

Python runs one thread at a time, and judging is many short steps, so threads get in each other's way; processes do
not. Small blocks, of a stream that keeps up, are judged at once and in place.
"""

import json
import mmap
import os
import subprocess
import sys
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import IO

import structlog

from clickwatch.eventlog.port import RecordBlock
from clickwatch.intake.judging import BlockJudge, Judged
from clickwatch.speed.embedded.judging_worker import ROW, get_verdicts, put_block, shared_bytes

_LARGE = 4 * 1024 * 1024
_log = structlog.get_logger(__name__)


class JudgePool:
    """Judges blocks in this process or in `workers` others; verdicts never depend on where."""

    def __init__(self, max_future: int, workers: int) -> None:
        """`max_future` in µs. The processes are started when the first large block comes."""
        self._here = BlockJudge(max_future)
        self._max_future = max_future
        self._workers = workers
        self._threads: ThreadPoolExecutor | None = None
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        self._started: list[_Worker] = []

    @property
    def parallel(self) -> int:
        """How many blocks may usefully be under way at once."""
        return max(self._workers, 1)

    def judge(self, block: RecordBlock) -> "Future[Judged]":
        """The verdicts on a block, now or soon."""
        if self._workers and len(block.data) >= _LARGE:
            return self._thread_pool().submit(self._judge_elsewhere, block)
        done: Future[Judged] = Future()
        done.set_result(self._here.judge(block))
        return done

    def close(self) -> None:
        """End the processes and threads."""
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
        for worker in self._started:
            worker.close()

    def _thread_pool(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._workers, thread_name_prefix="judging")
            self._started = [_Worker(self._max_future) for _ in range(self._workers)]
            for worker in self._started:
                self._threads.submit(self._welcome, worker)
        return self._threads

    def _welcome(self, worker: "_Worker") -> None:
        if worker.wait_until_ready():
            self._idle.put(worker)

    def _judge_elsewhere(self, block: RecordBlock) -> Judged:
        try:
            worker = self._idle.get_nowait()
        except Empty:  # they are starting, or gone
            return self._here.judge(block)
        judged = worker.judge(block)
        if judged is None:
            _log.warning("a judging process ended, or finds no room; going on without it")
            return self._here.judge(block)
        self._idle.put(worker)
        return judged


class _Worker:
    """One process and the memory shared with it."""

    def __init__(self, max_future: int) -> None:
        self._file = _shared_file()
        self._shared: mmap.mmap | None = None
        descriptor = self._file.fileno()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "clickwatch.speed.embedded.judging_worker", str(descriptor), str(max_future)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(descriptor,),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            start_new_session=True,  # Ctrl-C is for the pipeline, which ends this process itself
            text=True,
        )

    def wait_until_ready(self) -> bool:
        """Whether the process came up."""
        return self._read() != ""

    def judge(self, block: RecordBlock) -> Judged | None:
        """The process's verdicts; None if it is gone, or there is no room for the memory shared with it."""
        size, records = len(block.data), len(block)
        try:
            shared = self._room(shared_bytes(size, records))
        except OSError:
            return None
        put_block(shared, block)
        answer = self._ask(json.dumps({"shared": len(shared), "size": size, "records": records}))
        if not answer:
            return None
        verdict = json.loads(answer)
        table = get_verdicts(shared, verdict["length"], size, records)
        rows = table[ROW].combine_chunks().to_numpy()
        refused = tuple((index, reason) for index, reason in verdict["refused"])
        return Judged(rows, table.drop_columns(ROW), refused)

    def close(self) -> None:
        """End the process and give the memory back."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._file.close()

    def _room(self, wanted: int) -> mmap.mmap:
        if self._shared is None or len(self._shared) < wanted:
            size = -(-wanted // mmap.ALLOCATIONGRANULARITY) * mmap.ALLOCATIONGRANULARITY
            self._file.truncate(size)
            self._shared = mmap.mmap(self._file.fileno(), size)
        return self._shared

    def _ask(self, line: str) -> str:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return ""
        return self._read()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def _shared_file() -> IO[bytes]:
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("clickwatch-judging"), "r+b", buffering=0)
    return tempfile.TemporaryFile(buffering=0)
