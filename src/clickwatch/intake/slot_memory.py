"""Large columns of numbers, in memory or in files without a name, whose rows can be given back before the whole."""

import mmap
import os
import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from clickwatch.files.refusals import storage_errors


def column(dtype: DTypeLike, shape: tuple[int, int], folder: Path | None) -> NDArray[Any]:
    """Zeros, in memory or in a file in `folder`. Raises StorageError if they find no room there."""
    size = shape[0] * shape[1] * np.dtype(dtype).itemsize
    if folder is None or not size:
        return np.ndarray(shape, dtype, _memory(max(size, 1)))
    with storage_errors("keep ids in", folder):
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder) as file:
            _reserve(file.fileno(), size)
            return np.memmap(file, dtype=dtype, mode="r+", shape=shape)


def forget(values: NDArray[Any], rows: int) -> None:
    """Give back the memory of a column's first rows, which nobody reads any more; a file stays as it is."""
    size = rows * values.strides[0] // mmap.PAGESIZE * mmap.PAGESIZE
    if size and isinstance(values.base, mmap.mmap) and not isinstance(values, np.memmap):
        values.base.madvise(mmap.MADV_DONTNEED, 0, size)


def _memory(size: int) -> mmap.mmap:
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if sys.platform == "linux":
        memory.madvise(mmap.MADV_HUGEPAGE)  # slots are met in no order: small pages would be looked up each time
    return memory


def _reserve(file: int, size: int) -> None:
    # A mapped page that the disk has no room for would kill the process when touched; asked for here, it is an OSError.
    if sys.platform == "linux":
        os.posix_fallocate(file, 0, size)
    else:
        os.ftruncate(file, size)
