"""Judging on the other cores: processes that judge large blocks, so that catching up is not bound to one.

Python runs one thread at a time, and judging is many short steps, so threads get in each other's way; processes do
not. Small blocks, of a stream that keeps up, are judged at once and in place.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue

import structlog

from clickwatch.eventlog.port import RecordBlock, new_buffer
from clickwatch.intake.judging import BlockJudge, Judged
from clickwatch.speed.embedded.judging_worker import Task, answer_bytes, get_verdicts, put_bounds
from clickwatch.speed.embedded.shared_memory import Bytes, Region, SharedMemory

_LARGE = 4 * 1024 * 1024
_log = structlog.get_logger(__name__)


class JudgePool:
    """Judges blocks in this process or in `workers` others; verdicts never depend on where."""

    def __init__(self, max_future: int, workers: int) -> None:
        """`max_future` in µs. The processes are started when the first large block comes."""
        self._here = BlockJudge(max_future)
        self._max_future = max_future
        self._workers = workers
        self._memory = SharedMemory() if workers else None
        self._threads: ThreadPoolExecutor | None = None
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        self._started: list[_Worker] = []

    @property
    def parallel(self) -> int:
        """How many blocks may usefully be under way at once."""
        return max(self._workers, 1)

    def buffer(self, size: int) -> Bytes:
        """Room for the bytes of a block: where the other processes see it if they are to judge it."""
        if self._memory is None or size < _LARGE:
            return new_buffer(size)
        try:
            return self._memory.take(size)[1]
        except OSError:
            return new_buffer(size)

    def judge(self, block: RecordBlock) -> "Future[Judged]":
        """The verdicts on a block, now or soon."""
        if self._memory is not None and (region := self._memory.region_of(block.data)):
            return self._thread_pool(self._memory).submit(self._judge_elsewhere, self._memory, block, region)
        done: Future[Judged] = Future()
        done.set_result(self._here.judge(block))
        return done

    def close(self) -> None:
        """End the processes and threads; what they judged stays valid."""
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
        for worker in self._started:
            worker.close()
        if self._memory is not None:
            self._memory.close()

    def _thread_pool(self, memory: SharedMemory) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._workers, thread_name_prefix="judging")
            self._started = [_Worker(self._max_future, memory.descriptor) for _ in range(self._workers)]
            for worker in self._started:
                self._threads.submit(self._welcome, worker)
        return self._threads

    def _welcome(self, worker: "_Worker") -> None:
        if worker.wait_until_ready():
            self._idle.put(worker)

    def _judge_elsewhere(self, memory: SharedMemory, block: RecordBlock, region: Region) -> Judged:
        try:
            worker = self._idle.get_nowait()
        except Empty:  # they are starting, or gone
            return self._here.judge(block)
        judged = _judged_by(worker, memory, block, region)
        if judged is None:
            _log.warning("a judging process ended, or finds no room; going on without it")
            return self._here.judge(block)
        self._idle.put(worker)
        return judged


def _judged_by(worker: "_Worker", memory: SharedMemory, block: RecordBlock, region: Region) -> Judged | None:
    """The process's verdicts; None if it is gone, or there is no room for them."""
    try:
        place, answer = memory.take(answer_bytes(len(block.data), len(block)))
    except OSError:
        return None
    put_bounds(answer, block)
    said = worker.ask(Task(region, len(block.data), len(block), place).to_json())
    if not said:
        return None
    verdict = json.loads(said)
    return get_verdicts(answer, verdict["length"], verdict["refused"], len(block))


class _Worker:
    """One judging process."""

    def __init__(self, max_future: int, descriptor: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "clickwatch.speed.embedded.judging_worker", str(descriptor), str(max_future)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(descriptor,),
            # No matrix is multiplied here, and the threads that numpy's library makes for that wait busily.
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,  # Ctrl-C is for the pipeline, which ends this process itself
            text=True,
        )

    def wait_until_ready(self) -> bool:
        """Whether the process came up."""
        return self._read() != ""

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # what was left to say to a process that ended by itself
                    pipe.close()

    def ask(self, line: str) -> str:
        """The answer to a line; empty if the process has ended."""
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
