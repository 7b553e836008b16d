"""Memory that this process and the judging processes see: one file without a name, handed out in regions.

A region is given back by nobody: it is free again once no array and no Arrow buffer on it is left. So what a judging
process wrote can be used where it lies, for as long as anybody needs it, and the same pages serve the next block.
"""

import mmap
import os
import sys
import tempfile
import weakref
from collections import defaultdict, deque
from dataclasses import dataclass
from threading import Lock
from typing import IO

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
_UNIT = 4 * 1024 * 1024
"""Sizes are rounded up to these, so that blocks of about one size use the same regions."""


@dataclass(frozen=True)
class Region:
    """A part of the file by its place, as the other side needs it to look at the same bytes."""

    offset: int
    size: int


@dataclass(frozen=True)
class _Mapped:
    region: Region
    memory: mmap.mmap


class SharedMemory:
    """Hands out regions of one growing file; may be used by several threads."""

    def __init__(self) -> None:
        self._file = _file()
        self._end = 0
        self._growing = Lock()
        self._free: defaultdict[int, deque[_Mapped]] = defaultdict(deque)
        self._in_use: dict[int, Region] = {}

    @property
    def descriptor(self) -> int:
        """The file, for processes that are started with it."""
        return self._file.fileno()

    def take(self, size: int) -> tuple[Region, Bytes]:
        """A region of at least `size` bytes and the array on it, of any content. Raises OSError without room."""
        whole = -(-size // _UNIT) * _UNIT
        try:
            mapped = self._free[whole].popleft()
        except IndexError:
            mapped = self._grow(whole)
        array = np.frombuffer(mapped.memory, np.uint8, size)
        address = array.ctypes.data
        self._in_use[address] = mapped.region
        # numpy lets every view of the array hold this one object, and nothing else does.
        weakref.finalize(array.base, self._give_back, address, mapped).atexit = False
        return mapped.region, array

    def region_of(self, array: Bytes) -> Region | None:
        """The region that begins where an array begins; None for an array that lies elsewhere."""
        return self._in_use.get(array.ctypes.data)

    def close(self) -> None:
        """Give back the file; arrays on it stay valid."""
        self._file.close()

    def _give_back(self, address: int, mapped: _Mapped) -> None:
        del self._in_use[address]
        self._free[mapped.region.size].append(mapped)

    def _grow(self, size: int) -> _Mapped:
        with self._growing:
            region = Region(self._end, size)
            self._file.truncate(self._end + size)
            self._end += size
        return _Mapped(region, mapped(self.descriptor, region))


def mapped(descriptor: int, region: Region) -> mmap.mmap:
    """A region of the file behind a descriptor, in this process. Raises OSError."""
    return mmap.mmap(descriptor, region.size, offset=region.offset)


def _file() -> IO[bytes]:
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("clickwatch-judging"), "r+b", buffering=0)
    return tempfile.TemporaryFile(buffering=0)
