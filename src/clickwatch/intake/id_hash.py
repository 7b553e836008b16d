"""Hashes of event ids, a column at a time, under random keys of this process.

Multilinear hashing over 32-bit words: the upper half of `k0 + k1·w1 + … + kn·wn` modulo 2^64 is strongly universal
(Lemire and Kaser, "Strongly universal string hashing is fast", 2014), so nobody can choose ids that collide. Three
independent ones make 96 bits. The length is hashed with the words, for shorter ids are filled up with zeros.
"""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_WORD = 4
_LONGEST = 256
"""Bytes of the longest id: 64 code points."""
_FUNCTIONS = 3


@dataclass(frozen=True)
class IdHashes:
    """Hashes of ids, one entry per id: `high` (uint64, never 0) finds the slot, `low` (uint32) confirms it."""

    high: NDArray[np.uint64]
    low: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.high)

    def take(self, which: NDArray[Any] | slice) -> "IdHashes":
        """The entries at the given indices, under the given mask, or of a slice."""
        return IdHashes(self.high[which], self.low[which])


class IdHasher:
    """Equal ids have equal hashes within one hasher only."""

    def __init__(self, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> None:
        """`random_bytes` gives so many bytes that nobody can foresee."""
        keys = random_bytes(8 * _FUNCTIONS * (_LONGEST // _WORD + 2))
        self._keys = np.frombuffer(keys, np.uint64).reshape(_FUNCTIONS, -1)

    def hashes(self, ids: pa.StringArray) -> IdHashes:
        """The hashes of a column of ids of at most 256 bytes each, without nulls."""
        starts, lengths, data = _spans(ids)
        sums = [keys[0] + keys[1] * lengths.astype(np.uint64) for keys in self._keys]
        for number, word in enumerate(_words(starts, lengths, data), start=2):
            for total, keys in zip(sums, self._keys, strict=True):
                total += keys[number] * word
        first, second, third = (total >> np.uint64(32) for total in sums)
        return IdHashes(np.maximum(first << np.uint64(32) | second, np.uint64(1)), third.astype(np.uint32))


def _spans(ids: pa.StringArray) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
    if len(ids) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint8)
    _, offsets, data = ids.buffers()
    bounds = np.frombuffer(offsets, np.int32)[ids.offset : ids.offset + len(ids) + 1].astype(np.int64)
    return bounds[:-1], np.diff(bounds), np.frombuffer(data, np.uint8)


def _words(
    starts: NDArray[np.int64], lengths: NDArray[np.int64], data: NDArray[np.uint8]
) -> Iterator[NDArray[np.uint64]]:
    """The ids' bytes as columns of little-endian words, zero beyond each id's end."""
    longest = int(lengths.max(initial=0))
    if longest and longest % _WORD == 0 and bool((lengths == longest).all()):
        whole = data[starts[0] : starts[0] + longest * len(starts)]
        for column in whole.view("<u4").reshape(len(starts), -1).T:
            yield column.astype(np.uint64)
        return
    roomy = np.concatenate([data, np.zeros(_WORD, np.uint8)])
    every = np.ndarray((len(data) + 1,), "<u4", roomy, strides=(1,))
    for at in range(0, longest, _WORD):
        left = np.clip(lengths - at, 0, _WORD)
        word = every[np.minimum(starts + at, len(data))].astype(np.uint64)
        yield word & ((np.uint64(1) << (left * 8).astype(np.uint64)) - np.uint64(1))
