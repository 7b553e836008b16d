"""One segment, open for reading: its records as blocks over a copy of the file's bytes, each group checked."""

import os
from bisect import bisect_right
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clickwatch.errors import LogError, StorageError
from clickwatch.eventlog.index import RESTORE, damaged_index, entry_end, index_end, read_groups
from clickwatch.eventlog.port import READABLE_BEYOND, Buffer, RecordBlock
from clickwatch.eventlog.segment import data_path, index_path, is_removed, too_short
from clickwatch.files.checksum import crc32
from clickwatch.files.refusals import storage_errors

_NEWLINE = 10
_SCAN_BYTES = 256 * 1024
_WRONG_OFFSET = "Read on only at offsets that the log gave, or begin a new store for this log"


class SegmentReader:
    """The acknowledged records of one segment, `[base, end)`; `refresh` moves the end as the file grows."""

    def __init__(self, folder: Path, base: int, data_fd: int, index_fd: int) -> None:
        self.base = base
        self.end = base
        self._data = data_path(folder, base)
        self._index = index_path(folder, base)
        self._data_fd = data_fd
        self._index_fd = index_fd
        self._count = 0
        self._checked = (base, base)

    @classmethod
    def open(cls, folder: Path, base: int) -> "SegmentReader | None":
        """The segment that begins at `base`, None if there is none. Raises StorageError, LogError."""
        index, data = index_path(folder, base), data_path(folder, base)
        index_fd = _open(index)
        if index_fd is None:
            return None
        try:
            data_fd = _open(data)
        except StorageError:
            os.close(index_fd)
            raise
        if data_fd is not None:
            return cls(folder, base, data_fd, index_fd)
        removed = is_removed(index_fd)
        os.close(index_fd)
        if not removed:
            raise LogError(f"The log is damaged: {data} is missing beside its index", RESTORE)
        return None

    def close(self) -> None:
        """Give back the files."""
        os.close(self._data_fd)
        os.close(self._index_fd)

    def is_removed(self) -> bool:
        """Whether retention, or somebody, has removed the segment."""
        return is_removed(self._index_fd)

    def refresh(self) -> int:
        """Look for new groups, and return the end. Raises StorageError, LogError.

        The index is synced before a new end is believed: a group seen in memory only could be gone, and its
        offsets used again, after a power loss.
        """
        with storage_errors("read", self._index):
            found = index_end(self._index_fd, self._index, self.base)
            if found.count < self._count or (found.last and found.last.end < self.end):
                raise damaged_index(self._index, found.count)
            if found.last and found.count > self._count:
                os.fsync(self._index_fd)
                self._count, self.end = found.count, found.last.end
        return self.end

    def read(self, partition: int, offset: int, max_bytes: int, until: int | None, buffer: Buffer) -> RecordBlock:
        """See `EventLog.read`; `base <= offset < end`."""
        limit = min(self.end, offset + max(max_bytes, 1), self.end if until is None else until)
        with storage_errors("read", self._data):
            groups = self._groups(offset, limit)
            low = int(groups["start"][0])
            if (low, groups["end"][0]) == self._checked:
                low = max(low, offset - 1)
            data = self._load(low, int(groups["end"][-1]), buffer)
        self._check(groups, data, low)
        if offset != groups["start"][0] and data[offset - 1 - low] != _NEWLINE:
            raise LogError(f"No record of {self._data} begins at offset {offset}", _WRONG_OFFSET)
        ends = _newlines(data, offset - low, limit - low)
        if data[limit - 1 - low] != _NEWLINE and (limit == until or not len(ends)):
            ends = np.append(ends, _newlines(data, limit - low, len(data) - READABLE_BEYOND)[:1])
        return _block(partition, data, ends, offset, low, groups)

    def _groups(self, offset: int, limit: int) -> NDArray[np.void]:
        every = range(self._count)
        first = bisect_right(every, offset, key=self._end_of)
        last = bisect_right(every, limit - 1, lo=first, key=self._end_of)
        groups = read_groups(self._index_fd, self._index, first, min(last, self._count - 1))
        if not groups["start"][0] <= offset < limit <= groups["end"][-1]:
            read_groups(self._index_fd, self._index, 0, self._count - 1)  # names the entry that misled the search
            raise damaged_index(self._index, first)
        return groups

    def _end_of(self, number: int) -> int:
        return entry_end(self._index_fd, number)

    def _load(self, low: int, high: int, buffer: Buffer) -> NDArray[np.uint8]:
        """The bytes `[low, high)` with some room after them. A copy: a mapping costs more in page faults."""
        data = buffer(high - low + READABLE_BEYOND)
        data[high - low :] = 0
        wanted = data.data[: high - low]
        done = 0
        while done < len(wanted):
            count = os.preadv(self._data_fd, [wanted[done:]], low - self.base + done)
            if count == 0:
                raise too_short(self._data, self.base, os.fstat(self._data_fd).st_size, high)
            done += count
        return data

    def _check(self, groups: NDArray[np.void], data: NDArray[np.uint8], low: int) -> None:
        view = data.data
        for start, end, _, crc, _ in groups.tolist():
            if (start, end) != self._checked and crc32(view[start - low : end - low]) != crc:
                place = f"bytes {start - self.base} to {end - self.base}"
                raise LogError(f"The log file {self._data} is damaged within {place}", RESTORE)
        self._checked = (start, end)


def _open(path: Path) -> int | None:
    with storage_errors("read", path):
        try:
            return os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return None


def _newlines(data: NDArray[np.uint8], start: int, stop: int) -> NDArray[np.int64]:
    pieces = range(start, stop, _SCAN_BYTES)
    found = [np.flatnonzero(data[at : min(at + _SCAN_BYTES, stop)] == _NEWLINE) + at for at in pieces]
    return np.concatenate(found)


def _block(
    partition: int,
    data: NDArray[np.uint8],
    ends: NDArray[np.int64],
    offset: int,
    low: int,
    groups: NDArray[np.void],
) -> RecordBlock:
    starts = np.concatenate([[offset - low], ends[:-1] + 1])
    offsets = starts + low
    counts = np.diff(np.searchsorted(offsets, groups["end"]), prepend=0)
    log_times = np.repeat(groups["log_time"], counts)
    return RecordBlock(partition, data, starts, ends, offsets, log_times, low + int(ends[-1]) + 1)
