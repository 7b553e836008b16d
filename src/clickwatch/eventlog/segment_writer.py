"""One segment, open for appending: its torn tail cut, then one group after the other made durable."""

import os
from pathlib import Path

from clickwatch.errors import LogError
from clickwatch.eventlog.index import ENTRY_BYTES, RESTORE, Group, damaged_index, first_log_time, index_end
from clickwatch.eventlog.port import MAX_RECORD_BYTES
from clickwatch.eventlog.segment import FILE_MODE, data_path, index_path, is_removed, too_short
from clickwatch.eventlog.sync_guard import SyncGuard
from clickwatch.files.checksum import crc32
from clickwatch.files.durable import write_all

MAX_GROUP_BYTES = MAX_RECORD_BYTES + 1
"""No commit is larger, so no torn tail is: more bytes than these without an entry are a damaged index."""


class SegmentWriter:
    """The newest segment of a partition, `[base, end)`. All methods need the partition's lock, and raise OSError.

    `log_time` is the newest record's, here or before; `begun` that of the first record here; both in µs.
    """

    def __init__(self, folder: Path, base: int, log_time: int, guard: SyncGuard, data_fd: int, index_fd: int) -> None:
        self.base = base
        self.end = base
        self.log_time = log_time
        self.begun: int | None = None
        self._folder = folder
        self._guard = guard
        self._data = data_path(folder, base)
        self._index = index_path(folder, base)
        self._data_fd = data_fd
        self._index_fd = index_fd
        self._index_size = 0

    @classmethod
    def open(cls, folder: Path, base: int, log_time: int, guard: SyncGuard) -> "SegmentWriter":
        """The segment that begins at `base`; `log_time` is the newest before it, in µs."""
        data_fd = os.open(data_path(folder, base), os.O_RDWR)
        try:
            index_fd = os.open(index_path(folder, base), os.O_RDWR)
        except OSError:
            os.close(data_fd)
            raise
        return cls(folder, base, log_time, guard, data_fd, index_fd)

    @classmethod
    def create(cls, folder: Path, base: int, log_time: int, guard: SyncGuard) -> "SegmentWriter":
        """A new, empty segment. Its index comes last: with it the segment exists."""
        data = data_path(folder, base)
        os.close(os.open(data, os.O_RDWR | os.O_CREAT, FILE_MODE))
        if data.stat().st_size:
            raise LogError(f"The log is damaged: {data} holds records, and its index is missing", RESTORE)
        guard.sync_folder()
        os.close(os.open(index_path(folder, base), os.O_RDWR | os.O_CREAT, FILE_MODE))
        return cls.open(folder, base, log_time, guard)

    def close(self) -> None:
        """Give back the files."""
        os.close(self._data_fd)
        os.close(self._index_fd)

    def is_removed(self) -> bool:
        """Whether retention, or somebody, has removed the segment."""
        return is_removed(self._index_fd)

    def successor(self) -> "SegmentWriter | None":
        """The segment that another process has begun after this one, if any."""
        if self.end == self.base or not index_path(self._folder, self.end).exists():
            return None
        return SegmentWriter.open(self._folder, self.end, self.log_time, self._guard)

    def settle(self) -> None:
        """Take in what other processes have committed, and cut a torn tail. Raises LogError for damage."""
        written = os.fstat(self._data_fd).st_size
        if self._index_size and (written, os.fstat(self._index_fd).st_size) == (self.end - self.base, self._index_size):
            return
        found = index_end(self._index_fd, self._index, self.base)
        if found.count * ENTRY_BYTES < self._index_size:
            raise damaged_index(self._index, found.count)
        if found.last:
            self.end, self.log_time = found.last.end, max(found.last.log_time, self.log_time)
        else:
            self._guard.sync_folder()  # whoever made this segment may have died before its name was durable
        self._index_size = found.count * ENTRY_BYTES
        self.begun = self.begun or first_log_time(self._index_fd, found.count)
        self._cut(written)

    def commit(self, group: memoryview, log_time: int) -> None:
        """Add records that end in a newline; on disk when it returns. Log time, in µs, never goes back."""
        log_time = max(log_time, self.log_time)
        entry = Group(self.end, self.end + len(group), log_time, crc32(group))
        write_all(self._data_fd, group, self.end - self.base)
        self._guard.sync(self._data_fd)
        write_all(self._index_fd, entry.pack(), self._index_size)
        try:
            self._guard.sync(self._index_fd)
        except OSError:
            os.ftruncate(self._index_fd, self._index_size)  # or readers would take it for acknowledged
            raise
        self.end, self.log_time = entry.end, log_time
        self.begun = self.begun or log_time
        self._index_size += ENTRY_BYTES

    def carry(self) -> None:
        """Note the log time in a segment that has no entry: those that have it may go then."""
        if not self._index_size:
            write_all(self._index_fd, Group(self.base, self.base, self.log_time, crc32(b"")).pack(), 0)
            self._guard.sync(self._index_fd)
            self._index_size = ENTRY_BYTES

    def seal(self) -> None:
        """Make the last entry durable, whoever wrote it, before a segment follows."""
        self._guard.sync(self._index_fd)

    def _cut(self, written: int) -> None:
        kept = self.end - self.base
        if written < kept:
            raise too_short(self._data, self.base, written, self.end)
        if written - kept > MAX_GROUP_BYTES:
            problem = f"The log index {self._index} is damaged: {written - kept} bytes of {self._data} have no entry"
            raise LogError(problem, RESTORE)
        os.ftruncate(self._index_fd, self._index_size)
        os.ftruncate(self._data_fd, kept)
