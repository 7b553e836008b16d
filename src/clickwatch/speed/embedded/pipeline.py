"""The embedded engine's loop: read ahead, take in, count, commit, hand over to the archive."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from clickwatch.domain.window import WindowSpec
from clickwatch.speed.effects import PartitionEffects
from clickwatch.speed.embedded.deltas import count_deltas
from clickwatch.speed.embedded.reading import JudgedBlock, Reader
from clickwatch.speed.progress import Progress

_POLL = 20_000


@dataclass(frozen=True)
class Pace:
    """How the loop waits while it keeps up with the log: the least time between epochs, in µs."""

    epoch_interval: int


class EmbeddedPipeline:
    """One run of the stream, from the position where the store left off."""

    def __init__(self, reader: Reader, spec: WindowSpec, progress: Progress, pace: Pace) -> None:
        self._reader = reader
        self._spec = spec
        self._progress = progress
        self._pace = pace

    def run(self, stop: threading.Event, until: Mapping[int, int] | None = None) -> None:
        """Work until `stop` is set, or all partitions have been read up to the offsets `until`.

        All that was committed is archived when it returns. Raises what stopped it otherwise.
        """
        try:
            self._loop(stop, until)
            self._progress.archive_all()
        finally:
            self._reader.close()
            self._progress.abandon()
        self._progress.end()

    def _loop(self, stop: threading.Event, until: Mapping[int, int] | None) -> None:
        clock = self._progress.clocks.monotonic
        while not stop.is_set():
            self._progress.check()
            began = clock()
            ahead = self._reader.next(until)
            if ahead.is_epoch:
                self._progress.commit(tuple(self._take(block) for block in ahead.blocks), ahead.gaps)
            elif ahead.keeps_waiting:
                self._progress.hold_out()
            elif until is not None:
                return
            else:
                self._progress.rest()
            if until is None and not self._reader.is_ahead:
                self._wait(stop, began + (self._pace.epoch_interval if ahead.is_epoch else _POLL))

    def _take(self, block: JudgedBlock) -> PartitionEffects:
        partition = block.block.partition
        self._progress.heard(partition)
        taken = self._progress.position.intakes[partition].take(block.block, block.judged, block.start_offset)
        return PartitionEffects(taken, count_deltas(taken, self._spec))

    def _wait(self, stop: threading.Event, until: int) -> None:
        remaining = until - self._progress.clocks.monotonic()
        if remaining > 0:
            stop.wait(remaining / 1_000_000)
