"""The embedded engine's loop: read ahead, take in, count, commit, hand over to the archive."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from clickwatch.domain.window import WindowSpec
from clickwatch.intake.intake import PartitionIntake
from clickwatch.speed.archiving import ArchiveWriter
from clickwatch.speed.commit import LEASE_TTL, EpochCommitter
from clickwatch.speed.effects import Epoch, EpochReport, PartitionEffects
from clickwatch.speed.embedded.deltas import count_deltas
from clickwatch.speed.embedded.reading import Ahead, JudgedBlock, Reader
from clickwatch.speed.frontier import Frontier

_POLL = 20_000
_ASKING = 500_000


@dataclass(frozen=True)
class Pace:
    """How the loop waits while it keeps up with the log: the least time between epochs, in µs."""

    epoch_interval: int


@dataclass(frozen=True)
class Clocks:
    """Time, passed in: `wall` is µs since the Unix epoch, UTC; `monotonic` µs that never go back."""

    wall: Callable[[], int]
    monotonic: Callable[[], int]


@dataclass
class Position:
    """Where the pipeline stands: the last epoch, each partition's intake, how far windows are closed."""

    last_epoch: int
    intakes: Mapping[int, PartitionIntake]
    closed_until: int | None = None

    def watermarks(self) -> dict[int, int | None]:
        """The watermark of each partition (µs), None before its first valid record."""
        return {partition: intake.watermark for partition, intake in self.intakes.items()}


@dataclass(frozen=True)
class Parts:
    """What the loop puts together; each part keeps its own state."""

    reader: Reader
    spec: WindowSpec
    committer: EpochCommitter
    archive: ArchiveWriter
    frontier: Frontier


class EmbeddedPipeline:
    """One run of the stream, from the position where the store left off."""

    def __init__(
        self,
        parts: Parts,
        position: Position,
        pace: Pace,
        clocks: Clocks,
        on_epoch: Callable[[EpochReport], None] = lambda report: None,
        on_step: Callable[[str], None] = lambda step: None,
    ) -> None:
        """`on_epoch` hears of each committed epoch; `on_step` is called by name between durable steps."""
        self._parts = parts
        self._position = position
        self._pace = pace
        self._clocks = clocks
        self._on_epoch = on_epoch
        self._on_step = on_step
        self._renewed = self._asked = clocks.monotonic()

    def run(self, stop: threading.Event, until: Mapping[int, int] | None = None) -> None:
        """Work until `stop` is set, or all partitions have been read up to the offsets `until`.

        All that was committed is archived when it returns. Raises what stopped it otherwise.
        """
        try:
            self._loop(stop, until)
            self._parts.archive.finish()
        finally:
            self._parts.reader.close()
            self._parts.archive.abandon()
        self._on_step("archived")
        self._parts.committer.release(self._parts.archive.archived)
        self._on_step("released")

    def _loop(self, stop: threading.Event, until: Mapping[int, int] | None) -> None:
        while not stop.is_set():
            self._parts.archive.check()
            began = self._clocks.monotonic()
            ahead = self._parts.reader.next(until)
            if ahead.blocks:
                self._process(ahead)
            elif ahead.keeps_waiting:
                self._hold_out()
            elif until is not None:
                return
            else:
                self._rest()
            if until is None and not self._parts.reader.is_ahead:
                self._wait(stop, began + (self._pace.epoch_interval if ahead.blocks else _POLL))

    def _process(self, ahead: Ahead) -> None:
        now = self._clocks.monotonic()
        parts = tuple(self._take(block, now) for block in ahead.blocks)
        epoch = Epoch(self._position.last_epoch + 1, parts, self._frontier())
        self._on_step("computed")
        wanted = self._parts.committer.commit(epoch, self._parts.archive.archived)
        self._renewed = now
        self._on_step("committed")
        self._position.last_epoch = epoch.number
        self._position.closed_until = epoch.frontier
        self._parts.archive.add(epoch.number, tuple(part.taken for part in parts))
        self._parts.archive.want(wanted)
        self._on_step("handed over")
        self._on_epoch(EpochReport.of(epoch))

    def _take(self, block: JudgedBlock, now: int) -> PartitionEffects:
        partition = block.block.partition
        self._parts.frontier.heard(partition, now)
        taken = self._position.intakes[partition].take(block.block, block.judged, block.start_offset)
        return PartitionEffects(taken, count_deltas(taken, self._parts.spec))

    def _frontier(self) -> int | None:
        return self._parts.frontier.at(self._position.watermarks(), self._clocks.monotonic(), self._clocks.wall())

    def _hold_out(self) -> None:
        """The log is away: its partitions are not idle, and the lease stays this pipeline's."""
        now = self._clocks.monotonic()
        for partition in self._position.intakes:
            self._parts.frontier.heard(partition, now)
        self._ask_around()
        self._keep_lease()

    def _rest(self) -> None:
        """Nothing new: close what idle partitions held open, keep the lease, and see what others want."""
        self._ask_around()
        frontier = self._frontier()
        pane = self._parts.spec.pane
        closed = self._position.closed_until
        if frontier is not None and (closed is None or frontier // pane > closed // pane):
            self._parts.committer.close(self._position.last_epoch, frontier, self._parts.archive.archived)
            self._position.closed_until = frontier
            self._renewed = self._clocks.monotonic()
        else:
            self._keep_lease()

    def _keep_lease(self) -> None:
        if self._clocks.monotonic() - self._renewed > LEASE_TTL // 3:
            self._parts.committer.renew(self._parts.archive.archived)
            self._renewed = self._clocks.monotonic()

    def _ask_around(self) -> None:
        now = self._clocks.monotonic()
        if now - self._asked >= _ASKING:
            self._parts.archive.want(self._parts.committer.wanted())
            self._asked = now

    def _wait(self, stop: threading.Event, until: int) -> None:
        remaining = until - self._clocks.monotonic()
        if remaining > 0:
            stop.wait(remaining / 1_000_000)
