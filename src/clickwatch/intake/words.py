"""Reading the bytes of many records at once: eight to a word, at any position of a buffer."""

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Positions = NDArray[np.int64]
Flags = NDArray[np.bool_]

WORD = 8
HIGH_BITS = np.uint64(0x8080808080808080)
ZEROS = np.uint64(0x3030303030303030)
DIGIT = 0x76
"""Added to a byte below 128 it sets the high bit unless the byte is 9 at most."""


def gather(data: Bytes, positions: Positions, width: int) -> Bytes:
    """`width` bytes from each position on, one row per position; `positions + width` must be within `data`."""
    every = np.ndarray((len(data) - width + 1,), f"V{width}", data, strides=(1,))
    return every[positions].view(np.uint8).reshape(-1, width)


def gather_words(data: Bytes, positions: Positions, words: int) -> Words:
    """Like `gather`, as little-endian words, one row of `words` words per position."""
    every = np.ndarray((len(data) - words * WORD + 1,), f"V{words * WORD}", data, strides=(1,))
    return every[positions].view("<u8").reshape(-1, words)


def not_digits(x: Words) -> Words:
    """Not zero where a word, of digits with their `0` taken away by xor, has a byte above 9."""
    added: Words = x + np.uint64(DIGIT * 0x0101010101010101)
    return (added | x) & HIGH_BITS


def first_bytes(words: int) -> Words:
    """By n, 0 to all: the masks of the first n bytes of so many words, one row per n."""
    sizes = [[min(max(n - WORD * k, 0), WORD) for k in range(words)] for n in range(words * WORD + 1)]
    return np.array([[(1 << 8 * size) - 1 for size in row] for row in sizes], dtype=np.uint64)
