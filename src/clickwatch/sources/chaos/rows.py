"""The columns in which records are kept while they are made, and what each was made to be."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clickwatch.sources.chaos.cast import Cast

CAUSES = ("shopper", "edge", "late", "copy", "repeat", "twin", "brink", "odd", "burst", "broken")
SHOPPER, EDGE, LATE, COPY, REPEAT, TWIN, BRINK, ODD, BURST, BROKEN = range(len(CAUSES))
BY_HAND = (BRINK, ODD, BURST, BROKEN)
"""Records that tell of no shopper's action."""
BURSTS = ("BURST_ABOVE", "BURST_AT", "BURST_BOUGHT")
"""Products at the bounds of the alert rule: one view too many and a purchase short; just enough views; too many
purchases."""


@dataclass
class Rows:
    """Records as int64 columns of one length.

    `sent` and `arrival`: when the record was sent and reached the log (true time, µs); `claimed`: the time it claims.
    `source`: the action of a shopper that it tells of, or which one of its kind it is. `turn` orders records that
    were sent and came at the same moment.
    """

    cause: NDArray[np.int64]
    source: NDArray[np.int64]
    user: NDArray[np.int64]
    sent: NDArray[np.int64]
    claimed: NDArray[np.int64]
    arrival: NDArray[np.int64]
    turn: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        cast: Cast,
        cause: int,
        source: NDArray[np.int64],
        user: NDArray[np.int64],
        sent: NDArray[np.int64],
        claimed: NDArray[np.int64],
    ) -> "Rows":
        """Records of one cause, which arrive as their partition lets them."""
        return cls(
            np.full(len(source), cause, dtype=np.int64),
            source,
            user,
            sent,
            claimed,
            cast.arrival(user, sent),
            np.zeros(len(source), dtype=np.int64),
        )

    @classmethod
    def joined(cls, parts: Sequence["Rows"]) -> "Rows":
        """All of them, one after the other."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__dataclass_fields__))

    def __len__(self) -> int:
        return len(self.cause)

    @property
    def moves(self) -> NDArray[np.bool_]:
        """Which records move the front of their partition: not those that are refused or claim a time behind it."""
        return ~np.isin(self.cause, (LATE, REPEAT, COPY, BROKEN))

    def in_order(self) -> NDArray[np.int64]:
        """Positions in the order in which the records reach the log."""
        return np.lexsort((np.arange(len(self)), self.turn, self.sent, self.arrival))

    def by_partition(self, cast: Cast) -> NDArray[np.int64]:
        """The same, partition by partition."""
        order = self.in_order()
        return order[np.argsort(cast.partition[self.user[order]], kind="stable")]
