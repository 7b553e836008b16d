"""Plain JSON numbers of many records at once: digits without sign, exponent or needless zero."""

import numpy as np
from numpy.typing import NDArray

from clickwatch.intake.words import WORD, ZEROS, Bytes, Flags, Positions, first_bytes, gather_words, not_digits

_MAX_ID_DIGITS = 18
_ID_WORDS = 3
_DECIMALS = 4
_POWERS = np.array([10**k for k in range(_DECIMALS + 1)], dtype=np.int64)
_ALL = (1 << 64) - 1
_LAST = np.array([_ALL ^ (_ALL >> 8 * n) for n in range(WORD + 1)], dtype=np.uint64)
"""By n: the mask of a word's last n bytes."""
_FIRST = first_bytes(_ID_WORDS).T.copy()


def whole_numbers(data: Bytes, starts: Positions, ends: Positions) -> tuple[NDArray[np.int64], Flags]:
    """The values of `[1-9][0-9]{0,7}|0`, and where the bytes are exactly that."""
    lengths = ends - starts
    values, ok = _eight_digits(data, ends, lengths)
    return values, ok & (lengths >= 1) & ~_padded(data, starts, lengths)


def are_integers(data: Bytes, starts: Positions, ends: Positions) -> Flags:
    """Where the bytes are `0|[1-9][0-9]{0,17}`."""
    lengths = ends - starts
    fits = (lengths >= 1) & (lengths <= _MAX_ID_DIGITS)
    lengths = np.where(fits, lengths, 0)
    needed = -(-int(lengths.max(initial=1)) // WORD)
    words = gather_words(data, starts, needed)
    for k in range(needed):
        fits &= not_digits((words[:, k] ^ ZEROS) & _FIRST[k][lengths]) == 0
    return fits & ~_padded(data, starts, lengths)


def decimals(data: Bytes, starts: Positions, ends: Positions) -> tuple[NDArray[np.int64], Flags]:
    """The values of `(0|[1-9][0-9]{0,7})(\\.[0-9]{1,4})?` in ten-thousandths, and where the bytes are that."""
    places = np.zeros(len(starts), dtype=np.int64)
    for k in range(1, _DECIMALS + 1):
        places[data[ends - (k + 1)] == ord(".")] = k
    whole_ends = ends - np.where(places > 0, places + 1, 0)
    whole, whole_ok = whole_numbers(data, starts, whole_ends)
    fraction, fraction_ok = _eight_digits(data, ends, places)
    return whole * _POWERS[_DECIMALS] + fraction * _POWERS[_DECIMALS - places], whole_ok & fraction_ok


def _padded(data: Bytes, starts: Positions, lengths: Positions) -> Flags:
    padded: Flags = (data[starts] == ord("0")) & (lengths > 1)
    return padded


def _eight_digits(data: Bytes, ends: Positions, lengths: Positions) -> tuple[NDArray[np.int64], Flags]:
    """The value of the `lengths` digits before `ends`, zero for none; not ok above eight, or if not all are digits."""
    fits = (lengths >= 0) & (lengths <= WORD) & (ends >= WORD)
    x = (gather_words(data, np.maximum(ends - WORD, 0), 1)[:, 0] ^ ZEROS) & _LAST[np.where(fits, lengths, 0)]
    ok = fits & (not_digits(x) == 0)
    # Adds up neighbours: digits to pairs, pairs to fours, fours to eight (the first byte is the lowest).
    x = (x * np.uint64(10) + (x >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    x = (x * np.uint64(100) + (x >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    x = (x * np.uint64(10000) + (x >> np.uint64(32))) & np.uint64(0xFFFFFFFF)
    return x.astype(np.int64), ok
