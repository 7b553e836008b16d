"""The partitions of many keys at once: the log's own rule, in columns."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from clickwatch.eventlog.partitioner import partition_of

LONGEST_KEY = 512
"""Bytes of a key that count: no valid user id is longer (128 characters of UTF-8)."""

_SEED = np.uint32(0x9747B28C)
_M = np.uint32(0x5BD1E995)
_FEW = 16


def partitions_of(keys: pa.Array, partitions: int) -> NDArray[np.int64]:
    """What `partition_of` says of each key's first LONGEST_KEY bytes; `keys` is an Arrow binary array without nulls."""
    if len(keys) <= _FEW:
        short = [key.as_py()[:LONGEST_KEY] for key in keys]
        return np.array([partition_of(key, partitions) for key in short], dtype=np.int64)
    lengths, letters = _padded(keys)
    return ((_murmur2(letters, lengths) & np.uint32(0x7FFFFFFF)) % np.uint32(partitions)).astype(np.int64)


def _padded(keys: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """The keys' lengths, and their bytes as rows filled up with zeros to a multiple of four, and more."""
    _, offsets, data = keys.buffers()
    bounds = np.frombuffer(offsets, dtype=np.int32)[keys.offset : keys.offset + len(keys) + 1].astype(np.int64)
    lengths = np.minimum(np.diff(bounds), LONGEST_KEY)
    width = int(lengths.max()) // 4 * 4 + 4
    within = np.arange(width) < lengths[:, None]
    letters = np.zeros((len(keys), width), dtype=np.uint8)
    places = (bounds[:-1, None] + np.arange(width))[within]
    letters[within] = np.frombuffer(data, dtype=np.uint8)[places] if len(places) else 0
    return lengths, letters


def _murmur2(letters: NDArray[np.uint8], lengths: NDArray[np.int64]) -> NDArray[np.uint32]:
    """MurmurHash2 (Austin Appleby) of every row, with Kafka's seed; arithmetic wraps at 32 bits."""
    words = letters.view("<u4").astype(np.uint32)
    h = _SEED ^ lengths.astype(np.uint32)
    for place in range(words.shape[1] - 1):
        k = words[:, place] * _M
        k = (k ^ (k >> np.uint32(24))) * _M
        h = np.where(lengths >= 4 * place + 4, (h * _M) ^ k, h)
    tail = words[np.arange(len(words)), lengths // 4]
    h = np.where(lengths % 4 != 0, (h ^ tail) * _M, h)
    h = (h ^ (h >> np.uint32(13))) * _M
    return h ^ (h >> np.uint32(15))
