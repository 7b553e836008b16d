"""Removing what is too old: whole closed segments, oldest first, so that no crash leaves a gap."""

import os
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from clickwatch.errors import LogError
from clickwatch.eventlog.index import index_end
from clickwatch.eventlog.segment import data_bases, data_path, index_path, segment_bases
from clickwatch.files.durable import sync_folder


def newest_log_time(folder: Path, base: int) -> int | None:
    """The log time (µs) of a segment's last group, None if it has no group. Raises LogError, OSError."""
    path = index_path(folder, base)
    fd = os.open(path, os.O_RDONLY)
    try:
        last = index_end(fd, path, base).last
    finally:
        os.close(fd)
    return last.log_time if last else None


@dataclass(frozen=True)
class Removed:
    """So many segments with so many bytes of records."""

    segments: int = 0
    bytes: int = 0

    def __add__(self, other: "Removed") -> "Removed":
        return Removed(self.segments + other.segments, self.bytes + other.bytes)


def old_segments(folder: Path, oldest: int) -> Removed:
    """The segments with records whose newest log time is below `oldest` (µs), the last one too. Raises OSError."""
    old = takewhile(lambda base: _is_older(folder, base, oldest), segment_bases(folder))
    sizes = [size for base in old if (size := data_path(folder, base).stat().st_size)]
    return Removed(len(sizes), sum(sizes))


def remove_old_segments(folder: Path, oldest: int) -> None:
    """Remove closed segments whose newest log time is below `oldest` (µs); needs the partition's lock.

    A damaged segment stays, and all after it, for people to look at. The newest segment that says a log time stays
    too: log time goes on from there. Raises OSError.
    """
    bases = segment_bases(folder)
    closed = bases[:-1]
    if closed and newest_log_time(folder, bases[-1]) is None:
        closed.pop()
    for base in takewhile(lambda base: _is_older(folder, base, oldest), closed):
        index_path(folder, base).unlink()
        sync_folder(folder)
        data_path(folder, base).unlink(missing_ok=True)
    _remove_leftovers(folder)


def _is_older(folder: Path, base: int, oldest: int) -> bool:
    try:
        newest = newest_log_time(folder, base)
    except LogError:
        return False
    return newest is not None and newest < oldest


def _remove_leftovers(folder: Path) -> None:
    kept = segment_bases(folder)
    for base in data_bases(folder):
        if kept and base < kept[0]:
            data_path(folder, base).unlink()
