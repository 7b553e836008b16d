"""The side index of a segment: one entry per group of records that was written and synced together.

An entry is 32 bytes, so none crosses a disk sector: start and end offset, log time (µs), CRC-32 of the
group's bytes, CRC-32 of the entry itself; little-endian. It is written after the group's bytes are on disk,
one at a time: so only the last slot can be torn, and a bad entry before it is damage. The first entry may be
of no bytes: then it carries the log time on from segments that are gone.
"""

import os
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clickwatch.errors import LogError
from clickwatch.files.checksum import crc32

ENTRY_BYTES = 32
_BODY = struct.Struct("<qqqI")
_CHECK = struct.Struct("<I")
_COLUMNS = np.dtype([("start", "<i8"), ("end", "<i8"), ("log_time", "<i8"), ("crc", "<u4"), ("check", "<u4")])
RESTORE = "Restore the file from a backup; damaged records are never served"


@dataclass(frozen=True)
class Group:
    """Records of one commit: offsets `[start, end)`, log time in µs since the Unix epoch, CRC-32 of the bytes."""

    start: int
    end: int
    log_time: int
    crc: int

    def pack(self) -> bytes:
        """The group as an index entry."""
        body = _BODY.pack(self.start, self.end, self.log_time, self.crc)
        return body + _CHECK.pack(crc32(body))

    @classmethod
    def unpack(cls, entry: bytes) -> "Group | None":
        """The group of an entry, or None if the entry is torn or damaged."""
        body = entry[: _BODY.size]
        if len(entry) != ENTRY_BYTES or _CHECK.unpack(entry[_BODY.size :]) != (crc32(body),):
            return None
        return cls(*_BODY.unpack(body))


@dataclass(frozen=True)
class IndexEnd:
    """Where an index ends: how many entries count, and the last of them (None if there is none)."""

    count: int
    last: Group | None


def index_end(fd: int, path: Path, base: int) -> IndexEnd:
    """The last entry that counts, found in the last two slots; a torn last slot does not count.

    `base` is the offset of the segment's first byte. Raises LogError if the slot before a torn one is bad too or
    entries do not join, and OSError.
    """
    first = max(os.fstat(fd).st_size // ENTRY_BYTES - 2, 0)
    raw = os.pread(fd, 3 * ENTRY_BYTES, first * ENTRY_BYTES)
    last: Group | None = None
    number, start = first, None if first else base
    for at in range(0, len(raw), ENTRY_BYTES):
        group = Group.unpack(raw[at : at + ENTRY_BYTES])
        if group is None and at + ENTRY_BYTES >= len(raw):
            break
        if group is None or start not in (None, group.start):
            raise damaged_index(path, number)
        last, number, start = group, number + 1, group.end
    if first and last is None:
        raise damaged_index(path, number)
    return IndexEnd(number, last)


def first_log_time(fd: int, count: int) -> int | None:
    """The log time of the first group that has records, unchecked; None if none of the `count` entries has. OSError."""
    for number in range(min(count, 2)):
        group = Group.unpack(os.pread(fd, ENTRY_BYTES, number * ENTRY_BYTES))
        if group is not None and group.end > group.start:
            return group.log_time
    return None


def entry_end(fd: int, number: int) -> int:
    """The end offset that entry `number` states, unchecked: good enough to search by. Raises OSError."""
    return int.from_bytes(os.pread(fd, 8, number * ENTRY_BYTES + 8), "little", signed=True)


def read_groups(fd: int, path: Path, first: int, last: int) -> NDArray[np.void]:
    """The entries `first` to `last`, both included, checked: columns `start`, `end`, `log_time`, `crc`.

    Raises LogError if one of them is damaged or they do not join, and OSError.
    """
    length = (last - first + 1) * ENTRY_BYTES
    raw = os.pread(fd, length, first * ENTRY_BYTES)
    if len(raw) != length:
        raise damaged_index(path, first + len(raw) // ENTRY_BYTES)
    groups = np.frombuffer(raw, _COLUMNS)
    checks = [crc32(raw[at : at + _BODY.size]) for at in range(0, length, ENTRY_BYTES)]
    good = groups["check"] == np.array(checks, np.uint32)
    good[1:] &= groups["start"][1:] == groups["end"][:-1]
    if not good.all():
        raise damaged_index(path, first + int(np.argmin(good)))
    return groups


def damaged_index(path: Path, number: int) -> LogError:
    """The error for entry `number` of an index."""
    start = number * ENTRY_BYTES
    return LogError(f"The log index {path} is damaged in bytes {start} to {start + ENTRY_BYTES}", RESTORE)
