"""Archiving beside the stream: several epochs in one commit, on a thread of its own.

The store commits first; the archive follows and never runs ahead. What is buffered here is not lost in a crash: the
store's epoch rows are enough to make it again from the log.
"""

import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa

from clickwatch.domain.columns import ARCHIVE_COLUMNS
from clickwatch.domain.window import DAY
from clickwatch.intake.intake import Taken

_WAITING_EPOCHS = 2
_POLL_SECONDS = 0.25


class Archive(Protocol):
    """Where accepted events are kept for good."""

    def last_epoch(self) -> int:
        """The newest epoch that is archived, 0 for none."""

    def append(self, events: pa.Table, last_epoch: int) -> None:
        """Add the events of all epochs up to `last_epoch`, durably and at once."""


@dataclass(frozen=True)
class FlushPolicy:
    """When the buffered epochs are written: after so many rows, or so long (µs), or at a change of day.

    And, whatever the policy, when somebody wants them (see `ArchiveWriter.want`).
    """

    max_rows: int
    max_delay: int


@dataclass(frozen=True)
class _Item:
    epoch: int
    tables: tuple[pa.Table, ...]
    day: int | None


class ArchiveWriter:
    """Takes committed epochs and archives them in order. A failure stops the pipeline at its next step."""

    def __init__(self, archive: Archive, policy: FlushPolicy, monotonic: Callable[[], int]) -> None:
        """`monotonic` gives µs that never go back."""
        self._archive = archive
        self._policy = policy
        self._monotonic = monotonic
        self._waiting: queue.Queue[_Item | None] = queue.Queue(_WAITING_EPOCHS)
        self._abandoned = False
        self._buffer: list[pa.Table] = []
        self._rows = 0
        self._first_at = 0
        self._day: int | None = None
        self._epoch = self.archived = archive.last_epoch()
        self._wanted = 0
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="archive-writer")
        self._run_ends = self._pool.submit(self._run)

    def add(self, epoch: int, taken: tuple[Taken, ...]) -> None:
        """Hand over a committed epoch; waits while the archive is behind. Raises what archiving failed with."""
        marks = [t.watermark_after for t in taken if t.watermark_after is not None]
        tables = tuple(archive_rows(t.events, epoch) for t in taken if len(t.events))
        self._put(_Item(epoch, tables, max(marks) // DAY if marks else None))

    def want(self, epoch: int) -> None:
        """Archive what was handed over soon, up to and with this epoch."""
        self._wanted = max(self._wanted, epoch)

    def check(self) -> None:
        """Raise what archiving failed with, if it did."""
        if self._run_ends.done():
            self._run_ends.result()

    def finish(self) -> None:
        """Archive all that was handed over, and end the thread. Raises what archiving failed with."""
        self._put(None)
        self._run_ends.result()
        self._pool.shutdown()

    def abandon(self) -> None:
        """End the thread without archiving what is buffered: the next start makes it again from the log."""
        self._abandoned = True
        with suppress(queue.Full):  # then the thread has something to wake it already
            self._waiting.put_nowait(None)
        self._pool.shutdown()

    def _put(self, item: _Item | None) -> None:
        while True:
            self.check()
            try:
                self._waiting.put(item, timeout=_POLL_SECONDS)
                return
            except queue.Full:
                continue

    def _run(self) -> None:
        while (item := self._next()) is not None:
            self._take(item)
        if not self._abandoned:
            self._flush()

    def _next(self) -> _Item | None:
        while not self._abandoned:
            try:
                return self._waiting.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                if self._epoch > self.archived and self._is_due():
                    self._flush()
        return None

    def _take(self, item: _Item) -> None:
        if item.day is not None and self._day is not None and item.day > self._day:
            self._flush()
        self._day = item.day if item.day is not None else self._day
        if self._epoch == self.archived:
            self._first_at = self._monotonic()
        self._buffer.extend(item.tables)
        self._rows += sum(len(table) for table in item.tables)
        self._epoch = item.epoch
        if self._rows >= self._policy.max_rows or self._is_due():
            self._flush()

    def _is_due(self) -> bool:
        waited = self._monotonic() - self._first_at
        return waited >= self._policy.max_delay or self.archived < self._wanted <= self._epoch

    def _flush(self) -> None:
        if self._epoch > self.archived:
            events = pa.concat_tables(self._buffer) if self._buffer else ARCHIVE_COLUMNS.empty_table()
            self._buffer, self._rows = [], 0
            self._archive.append(events, self._epoch)
            self.archived = self._epoch


def archive_rows(events: pa.Table, epoch: int) -> pa.Table:
    """Accepted events with their epoch, in the order of ARCHIVE_COLUMNS."""
    numbered = events.append_column("epoch", pa.array(np.full(len(events), epoch, dtype=np.int64)))
    return numbered.select(ARCHIVE_COLUMNS.names)
