"""Reading ahead: the next blocks of all partitions, judged, while the epochs before are still being written."""

from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from clickwatch.eventlog.port import EventLog, RecordBlock
from clickwatch.intake.judging import Judged
from clickwatch.speed.effects import Gap
from clickwatch.speed.embedded.judging_pool import JudgePool

_ATTENTION_SECONDS = 1.0


@dataclass(frozen=True)
class JudgedBlock:
    """Records of one partition from `start_offset` on, with the judge's verdicts, which may still be under way."""

    start_offset: int
    block: RecordBlock
    verdicts: "Future[Judged]"

    @property
    def judged(self) -> Judged:
        """The verdicts; waits for them."""
        return self.verdicts.result()


@dataclass(frozen=True)
class Ahead:
    """What the log had for the next epoch; nothing yet, if it `keeps_waiting` for the log."""

    blocks: tuple[JudgedBlock, ...] = ()
    gaps: tuple[Gap, ...] = ()
    keeps_waiting: bool = False

    @property
    def is_epoch(self) -> bool:
        """Whether there is anything to be committed."""
        return bool(self.blocks or self.gaps)

    @property
    def nbytes(self) -> int:
        """Bytes of the log in these blocks."""
        return sum(int(b.block.ends[-1] - b.block.starts[0]) + 1 for b in self.blocks)


class Reader:
    """Reads all partitions side by side, each on from its own offset, at most `max_bytes` at a time."""

    def __init__(self, log: EventLog, judges: JudgePool, offsets: Mapping[int, int], max_bytes: int) -> None:
        self._log = log
        self._judges = judges
        self._offsets = dict(offsets)
        self._max_bytes = max_bytes
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader")
        self._ahead: deque[Future[Ahead]] = deque()

    def next(self, until: Mapping[int, int] | None = None) -> Ahead:
        """The next blocks (none where there is nothing new). `until`: offsets to stop before.

        A log that is away is not waited for longer than a moment: call again.
        """
        if not self._ahead:
            self._ahead.append(self._pool.submit(self._read, until))
        if wait((self._ahead[0],), _ATTENTION_SECONDS).not_done:
            return Ahead(keeps_waiting=True)
        ahead = self._ahead.popleft().result()
        if ahead.nbytes >= self._max_bytes // 2:
            while len(self._ahead) < self._judges.parallel:
                self._ahead.append(self._pool.submit(self._read, until))
        return ahead

    @property
    def is_ahead(self) -> bool:
        """Whether more is being read already: the log holds more than one epoch takes."""
        return bool(self._ahead)

    def close(self) -> None:
        """End reading and judging; what was read ahead is read again by whoever comes next."""
        self._pool.shutdown(cancel_futures=True)
        self._judges.close()

    def _read(self, until: Mapping[int, int] | None) -> Ahead:
        ends = {p: self._end(p, until) for p in self._offsets}
        waiting = [p for p, end in ends.items() if self._offsets[p] < end]
        share = self._max_bytes // max(len(waiting), 1)
        read = [(self._offsets[p], self._read_partition(p, ends[p], share)) for p in waiting]
        # Only once all are read: if one cannot be, none is taken for read.
        for _, block in read:
            self._offsets[block.partition] = block.next_offset
        blocks = tuple(JudgedBlock(start, block, self._judges.judge(block)) for start, block in read if len(block))
        none = [(start, block) for start, block in read if not len(block)]
        return Ahead(blocks, tuple(Gap(b.partition, at, b.next_offset) for at, b in none if b.next_offset > at))

    def _end(self, partition: int, until: Mapping[int, int] | None) -> int:
        return self._log.end_offset(partition) if until is None else until[partition]

    def _read_partition(self, partition: int, end: int, max_bytes: int) -> RecordBlock:
        return self._log.read(partition, self._offsets[partition], max_bytes, end, self._judges.buffer)
