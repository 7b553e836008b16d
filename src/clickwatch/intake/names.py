"""Looking up short names of many records at once in a fixed list, by their bytes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clickwatch.intake.words import WORD, Bytes, Flags, Positions, Words, first_bytes, gather_words

_WORDS = 2
_LONGEST = _WORDS * WORD
_FIRST, _SECOND = first_bytes(_WORDS).T.copy()
_SHIFT = np.uint64(64 - 16)


class NameTable:
    """At most 2^15 names of 1 to 16 bytes each; a name's code is its place in the list."""

    def __init__(self, names: Sequence[str]) -> None:
        texts = [name.encode() for name in names]
        if not all(0 < len(text) <= _LONGEST for text in texts):
            raise ValueError(f"names have 1 to {_LONGEST} bytes")
        words = [np.frombuffer(text.ljust(_LONGEST, b"\0"), "<u8") for text in texts]
        self._first, self._second = np.array(words).T.copy()
        self._multiplier = _multiplier(self._first, self._second)
        self._codes = np.full(1 << 16, -1, dtype=np.int64)
        self._codes[_slots(self._first, self._second, self._multiplier)] = np.arange(len(texts))

    def find(self, data: Bytes, starts: Positions, ends: Positions) -> tuple[NDArray[np.int64], Flags]:
        """The codes of the texts, and where there is one; elsewhere the code means nothing."""
        lengths = ends - starts
        cut = np.minimum(lengths, _LONGEST)
        words = gather_words(data, starts, _WORDS)
        first, second = words[:, 0] & _FIRST[cut], words[:, 1] & _SECOND[cut]
        codes = self._codes[_slots(first, second, self._multiplier)]
        same = (self._first[codes] == first) & (self._second[codes] == second)
        return codes, same & (codes >= 0) & (lengths <= _LONGEST)


def _slots(first: Words, second: Words, multiplier: int) -> Words:
    return (first ^ (second << np.uint64(1))) * np.uint64(multiplier) >> _SHIFT


def _multiplier(first: Words, second: Words) -> int:
    """A multiplier that gives each name a slot of its own (multiply-shift hashing, Dietzfelbinger et al. 1997)."""
    candidate = 0x9E3779B97F4A7C15
    while len(np.unique(_slots(first, second, candidate))) < len(first):
        candidate = (candidate * 0x5851F42D4C957F2D + 2) % 2**64 | 1
    return candidate
