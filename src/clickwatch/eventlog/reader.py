"""Reading one partition: finds the segment that holds an offset and follows the newest one as it grows."""

from bisect import bisect_right
from pathlib import Path
from threading import Lock

import numpy as np

from clickwatch.errors import LogError
from clickwatch.eventlog.index import RESTORE
from clickwatch.eventlog.port import Buffer, RecordBlock
from clickwatch.eventlog.segment import data_path, segment_bases
from clickwatch.eventlog.segment_reader import SegmentReader
from clickwatch.files.refusals import storage_errors


class PartitionReader:
    """The acknowledged records of one partition; changes no file, and waits for no writer.

    Looking for new records costs a few system calls, opening a few more, whatever the log's history.
    """

    def __init__(self, folder: Path, partition: int) -> None:
        self._folder = folder
        self._partition = partition
        self._lock = Lock()
        self._bases: list[int] = []
        self._newest: SegmentReader | None = None
        self._older: SegmentReader | None = None

    def start_offset(self) -> int:
        """The offset of the oldest record kept. Raises StorageError."""
        with self._lock:
            self._list()
            return self._bases[0] if self._bases else 0

    def end_offset(self) -> int:
        """The offset after the newest acknowledged record. Raises StorageError, LogError."""
        with self._lock:
            return self._follow()

    def read(self, offset: int, max_bytes: int, until: int | None, buffer: Buffer) -> RecordBlock:
        """See `EventLog.read`."""
        with self._lock:
            end = self._follow()
            self._refuse_unwritten(offset, end)
            self._refuse_removed(offset)
            if self._newest is None or offset == end or (until is not None and until <= offset):
                return self._nothing(offset)
            segment = self._segment_with(self._newest, offset)
            return segment.read(self._partition, offset, max_bytes, until, buffer)

    def close(self) -> None:
        """Give back the files; blocks that were read stay valid."""
        with self._lock:
            for segment in (self._newest, self._older):
                if segment is not None:
                    segment.close()
            self._newest = self._older = None

    def _list(self) -> None:
        with storage_errors("read the log folder", self._folder):
            self._bases = segment_bases(self._folder)

    def _follow(self) -> int:
        if self._newest is not None and self._newest.is_removed():
            self._newest.close()
            self._newest = None
        while self._newest is None:
            self._list()
            if not self._bases:
                return 0
            self._newest = SegmentReader.open(self._folder, self._bases[-1])
        end = self._newest.refresh()
        while end > self._newest.base and (following := SegmentReader.open(self._folder, end)):
            self._newest.close()
            self._newest = following
            if self._bases[-1] < end:
                self._bases.append(end)
            end = following.refresh()
        return end

    def _segment_with(self, newest: SegmentReader, offset: int) -> SegmentReader:
        if offset >= newest.base:
            return newest
        if self._older is not None and not self._older.base <= offset < self._older.end:
            self._older.close()
            self._older = None
        if self._older is None:
            self._older = self._closed_segment(offset)
        return self._older

    def _closed_segment(self, offset: int) -> SegmentReader:
        self._refuse_removed(offset)
        place = bisect_right(self._bases, offset) - 1
        segment = SegmentReader.open(self._folder, self._bases[place])
        if segment is None:
            self._list()
            return self._closed_segment(offset)
        following = self._bases[place + 1]
        if segment.refresh() != following:
            segment.close()
            problem = f"{data_path(self._folder, segment.base)} ends at offset {segment.end}"
            raise LogError(f"The log is damaged: {problem}, and the next file begins at {following}", RESTORE)
        return segment

    def _refuse_removed(self, offset: int) -> None:
        start = self._bases[0] if self._bases else 0
        if offset < start:
            raise LogError(
                f"The log {self._folder} begins at offset {start}: its reader goes on at {offset}, and the"
                f" {start - offset} bytes of records from there are gone, older than the retention",
                "Restore those files from a backup, or begin a new store, which starts at the oldest record kept;"
                " a longer RETENTION_DAYS gives readers more time",
            )

    def _refuse_unwritten(self, offset: int, end: int) -> None:
        if offset > end:
            raise LogError(
                f"The log {self._folder} ends at offset {end}, and its reader goes on at {offset}: the log was damaged"
                " or exchanged",
                "Restore the log that this reader began with, or begin a new store for this one",
            )

    def _nothing(self, offset: int) -> RecordBlock:
        none = np.empty(0, np.int64)
        return RecordBlock(self._partition, np.empty(0, np.uint8), none, none, none, none, offset)
