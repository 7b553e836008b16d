"""The archive brought up to the store: epochs that it does not have are run through intake once more, and nothing else.

Whichever engine committed them; their other effects are in the store already.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from clickwatch.eventlog.port import EventLog
from clickwatch.intake.intake import PartitionIntake, Taken
from clickwatch.speed.embedded.judging_pool import JudgePool
from clickwatch.speed.embedded.reading import JudgedBlock
from clickwatch.speed.recovery import Recorded, changed
from clickwatch.store.epochs import EpochRange


@dataclass(frozen=True)
class _Piece:
    """One partition's share of an epoch, with its blocks."""

    epoch: int
    recorded: EpochRange
    blocks: tuple[JudgedBlock, ...]


class Rerun:
    """Runs intake again over epochs that the store committed and the archive does not have yet.

    Their records are judged ahead from the start, for judging needs no ids.
    """

    def __init__(
        self,
        log: EventLog,
        judges: JudgePool,
        intakes: Mapping[int, PartitionIntake],
        recorded: Recorded,
        max_bytes: int,
        on_step: Callable[[str], None] = lambda step: None,
    ) -> None:
        """At most `max_bytes` are read at a time. `on_step` hears of each epoch that was handed over."""
        self._log = log
        self._judges = judges
        self._intakes = intakes
        self._recorded = recorded
        self._max_bytes = max_bytes
        self._on_step = on_step
        self._coming = iter(recorded.unarchived)
        self._ahead: deque[_Piece] = deque()
        self._read_on()

    def run(self, hand_over: Callable[[int, tuple[Taken, ...]], None]) -> None:
        """Hand over each epoch's events in order. Raises LogError if the log no longer gives what was recorded."""
        for epoch, pieces in groupby(self._pieces(), lambda piece: piece.epoch):
            hand_over(epoch, tuple(taken for piece in pieces for taken in self._again(piece)))
            self._on_step("run again")
        for partition, place in self._recorded.progress.items():
            if self._intakes[partition].watermark != place.watermark:
                raise changed(f"partition {partition} ends at another watermark than was recorded")

    def _pieces(self) -> Iterator[_Piece]:
        while self._ahead:
            piece = self._ahead.popleft()
            self._read_on()
            yield piece

    def _read_on(self) -> None:
        while len(self._ahead) <= self._judges.parallel and (coming := next(self._coming, None)):
            epoch, recorded = coming
            self._ahead.append(_Piece(epoch, recorded, tuple(self._blocks(recorded))))

    def _blocks(self, recorded: EpochRange) -> Iterator[JudgedBlock]:
        offset, end = recorded.start_offset, recorded.end_offset
        while offset < end:
            block = self._log.read(recorded.partition, offset, self._max_bytes, end, self._judges.buffer)
            if len(block):
                yield JudgedBlock(offset, block, self._judges.judge(block))
            offset = block.next_offset

    def _again(self, piece: _Piece) -> list[Taken]:
        intake = self._intakes[piece.recorded.partition]
        taken = [intake.take(b.block, b.judged, b.start_offset) for b in piece.blocks]
        accepted = sum(len(t.events) for t in taken)
        if accepted != piece.recorded.accepted:
            raise changed(f"epoch {piece.epoch} accepted {piece.recorded.accepted} events and now gives {accepted}")
        return taken
