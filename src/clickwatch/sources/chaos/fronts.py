"""How far event time has come in each partition, as the generator has arranged it."""

import numpy as np
from numpy.typing import NDArray

NEVER = -(2**62)
"""Stands where nothing has come yet."""


def fronts(partition: NDArray[np.int64], claimed: NDArray[np.int64], moves: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The greatest time claimed before each record within its partition, by those that move the front.

    Columns of one length, sorted by partition, then by arrival; times in µs, NEVER where there is none.
    """
    found = np.full(len(partition), NEVER, dtype=np.int64)
    counted = np.where(moves, claimed, NEVER)
    bounds = np.append(np.flatnonzero(np.diff(partition, prepend=-1)), len(partition))
    for start, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        found[start + 1 : stop] = np.maximum.accumulate(counted[start:stop])[:-1]
    return found
