"""Appending to one partition: group commit under a lock that every process takes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from clickwatch.errors import LogError
from clickwatch.eventlog.index import RESTORE
from clickwatch.eventlog.retention import Removed, newest_log_time, old_segments, remove_old_segments
from clickwatch.eventlog.segment import segment_bases
from clickwatch.eventlog.segment_writer import SegmentWriter
from clickwatch.eventlog.split import check_lines, groups_of
from clickwatch.eventlog.sync_guard import SyncGuard
from clickwatch.files.locks import locked
from clickwatch.files.refusals import storage_errors


@dataclass(frozen=True)
class WriterRules:
    """A segment is closed at `segment_bytes`, or `segment_age` µs after its first record; closed ones are kept for
    `retention` µs after their newest record. `group_bytes` bounds what is written and synced as one.
    """

    segment_bytes: int
    segment_age: int
    retention: int
    group_bytes: int


class PartitionWriter:
    """Appends to one partition; several of them, in any process or thread, take turns.

    Files stay open between appends. What others did meanwhile shows in the sizes of two files and in the name
    that the next segment would have, so an append costs the same however long the log is. Old segments are removed
    by the first append, and by the next after each rotation: before it writes, so that an error means nothing is added.
    """

    def __init__(self, folder: Path, rules: WriterRules, clock: Callable[[], int]) -> None:
        """`clock` returns µs since the Unix epoch, UTC."""
        self._folder = folder
        self._lock = folder / "append.lock"
        self._rules = rules
        self._clock = clock
        self._guard = SyncGuard(folder)
        self._segment: SegmentWriter | None = None
        self._retention_due = True

    def append(self, lines: bytes) -> None:
        """See `EventLog.append`. After a StorageError the first groups of a large append may have been kept."""
        check_lines(lines)
        if not lines:
            return
        with storage_errors("write to", self._folder), locked(self._lock):
            self._guard.check()
            segment = self._newest()
            if self._retention_due and segment.end > segment.base:
                self._retention_due = False
                remove_old_segments(self._folder, self._clock() - self._rules.retention)
            for group in groups_of(lines, self._rules.group_bytes):
                if self._is_full(segment):
                    segment = self._rotate(segment)
                segment.commit(group, self._clock())

    def retain(self, dry_run: bool) -> Removed:
        """Remove the segments whose newest log time is older than the retention, the last one too; what goes.

        Raises StorageError.
        """
        oldest = self._clock() - self._rules.retention
        with storage_errors("remove old files of", self._folder), locked(self._lock):
            found = old_segments(self._folder, oldest)
            if not dry_run:
                if found.segments:
                    self._leave_behind(oldest)
                remove_old_segments(self._folder, oldest)
        return found

    def close(self) -> None:
        """Give back the files."""
        if self._segment is not None:
            self._segment.close()
            self._segment = None

    def _newest(self) -> SegmentWriter:
        segment = self._segment
        if segment is None or segment.is_removed():
            segment = self._reopen(segment.end if segment else 0)
        segment.settle()
        while following := segment.successor():
            segment.close()
            segment = self._segment = following
            segment.settle()
        return segment

    def _reopen(self, end: int) -> SegmentWriter:
        bases = segment_bases(self._folder)
        if (bases[-1] if bases else 0) < end:
            raise LogError(f"The log files in {self._folder} were removed while the log was in use", RESTORE)
        self.close()
        if bases:
            earlier = newest_log_time(self._folder, bases[-2]) if len(bases) > 1 else None
            self._segment = SegmentWriter.open(self._folder, bases[-1], earlier or 0, self._guard)
        else:
            self._segment = SegmentWriter.create(self._folder, 0, 0, self._guard)
        return self._segment

    def _is_full(self, segment: SegmentWriter) -> bool:
        is_old = segment.begun is not None and self._clock() - segment.begun >= self._rules.segment_age
        return is_old or segment.end - segment.base >= self._rules.segment_bytes

    def _leave_behind(self, oldest: int) -> None:
        """Begin a segment, and carry the log time into it, if all records are older than `oldest` (µs)."""
        segment = self._newest()
        if segment.log_time < oldest:
            if segment.end > segment.base:
                segment = self._rotate(segment)
            segment.carry()

    def _rotate(self, full: SegmentWriter) -> SegmentWriter:
        full.seal()
        self.close()
        self._segment = SegmentWriter.create(self._folder, full.end, full.log_time, self._guard)
        self._segment.settle()
        self._retention_due = True
        return self._segment
