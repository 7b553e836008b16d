"""Buckets of eight slots, many at once: which of their slots are free, and which is the n-th free one.

The eight flags of a bucket are the bytes of one 64-bit word, 0 or 1, the first slot in the lowest byte, so that a few
operations on words answer for whole columns of buckets (Warren, "Hacker's Delight", 2nd ed., chapter 6).
"""

import numpy as np
from numpy.typing import NDArray

SLOTS = 8
"""Slots of a bucket."""

Flags = NDArray[np.uint64]
_ONES = np.uint64(0x0101010101010101)
_HIGH_BITS = np.uint64(0x8080808080808080)


def flags_of(rows: NDArray[np.bool_]) -> Flags:
    """One word per bucket, from a row of SLOTS booleans each (C-contiguous)."""
    words: Flags = rows.view(np.uint64).ravel()
    return words


def counts(flags: Flags) -> NDArray[np.int64]:
    """How many flags of each bucket are set."""
    return (flags * _ONES >> np.uint64(56)).view(np.int64)


def nth(flags: Flags, n: NDArray[np.int64]) -> NDArray[np.int64]:
    """The slot of each bucket's flag number `n`, counted from 0; there must be so many."""
    upto = flags * _ONES  # byte k: how many flags are set in the slots 0 to k
    differs = upto ^ (n.view(np.uint64) + np.uint64(1)) * _ONES
    zeros = (differs - _ONES) & ~differs & _HIGH_BITS
    first = zeros & (~zeros + np.uint64(1))
    return (np.bitwise_count(first - np.uint64(1)) >> 3).astype(np.int64)


def ranks(buckets: NDArray[np.int64]) -> NDArray[np.int64]:
    """The how-manieth of its bucket each entry is, from 0, in no promised order within one."""
    order = np.argsort(buckets)
    in_order = buckets[order]
    starts = np.flatnonzero(in_order[1:] != in_order[:-1]) + 1
    first = np.zeros(len(buckets), dtype=np.int64)
    first[starts] = starts
    rank = np.empty(len(buckets), dtype=np.int64)
    rank[order] = np.arange(len(buckets)) - np.maximum.accumulate(first)
    return rank
