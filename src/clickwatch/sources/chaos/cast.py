"""Who is in the shop: which partition each shopper's records go to, which of them fall silent, whose clock is wrong.

With two partitions or more one falls silent after two fifths of the time, with three another one is cut off from a
quarter of the time to six tenths of it and sends all that it held back when it wakes, with four one has nothing from
the beginning. Shoppers of a partition that is silent come in as others do; so the number of records stays.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from clickwatch.domain.window import MINUTE, SECOND
from clickwatch.sources.chaos.plan import AHEAD, BEHIND, ChaosPlan
from clickwatch.sources.partitioning import partitions_of
from clickwatch.sources.shop import USERS

LIVELY, SILENT, ASLEEP, EMPTY = "lively", "silent", "asleep", "empty"
_ROLES = (SILENT, ASLEEP, EMPTY)
_AHEAD_SHARE = _BEHIND_SHARE = 0.06
_LEAST_AHEAD, _LEAST_BEHIND = 30 * SECOND, MINUTE


@dataclass(frozen=True)
class Cast:
    """Columns by user number: `partition`, and `skew`: µs that the clock is ahead, below zero where it is behind.

    `roles` are by partition. Records of true time `[silent_from, …)` do not reach a silent partition; those of
    `[asleep_from, awake_from)` reach one that is asleep when it wakes. All in µs.
    """

    names: tuple[str, ...]
    partition: NDArray[np.int64]
    skew: NDArray[np.int64]
    roles: tuple[str, ...]
    silent_from: int
    asleep_from: int
    awake_from: int

    @property
    def lively(self) -> NDArray[np.int64]:
        """The numbers of the users whose partitions are lively all the time."""
        return np.flatnonzero(np.array([role == LIVELY for role in self.roles])[self.partition])

    def sent_by(self, user: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Who sends what these users do at these true times: somebody else where their partition is silent."""
        role = np.array(self.roles)[self.partition[user]]
        gone = (role == EMPTY) | ((role == SILENT) & (at >= self.silent_from))
        lively = self.lively
        return np.where(gone, lively[user % len(lively)], user)

    def arrival(self, user: NDArray[np.int64], sent: NDArray[np.int64]) -> NDArray[np.int64]:
        """When records that were sent then reach the log."""
        asleep = np.array(self.roles)[self.partition[user]] == ASLEEP
        held_back = asleep & (sent >= self.asleep_from) & (sent < self.awake_from)
        return np.where(held_back, self.awake_from, sent)

    def claimed(self, user: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int64]:
        """The times that these users' clocks show; one that is ahead knows whole minutes only.

        So watermarks often stand exactly on the end of a window, where an event is late and one µs earlier it is not.
        """
        shown = at + self.skew[user]
        return np.where(self.skew[user] > 0, shown // MINUTE * MINUTE, shown)


def cast_of(plan: ChaosPlan, chances: np.random.Generator) -> Cast:
    """The shoppers of a plan."""
    names = tuple(f"USER_{number:04d}" for number in range(USERS))
    partition = partitions_of(pa.array([name.encode() for name in names], pa.binary()), plan.partitions)
    return Cast(
        names,
        partition,
        _skew(chances),
        _roles(plan.partitions, partition),
        silent_from=plan.start + plan.duration * 2 // 5,
        asleep_from=plan.start + plan.duration // 4,
        awake_from=plan.start + plan.duration * 3 // 5,
    )


def _roles(partitions: int, partition: NDArray[np.int64]) -> tuple[str, ...]:
    """By partition; one is lively always. Where no user's records go, nothing comes in."""
    used = np.unique(partition).tolist()
    roles = dict(zip(used[1:], _ROLES, strict=False))
    return tuple(roles.get(number, LIVELY if number in used else EMPTY) for number in range(partitions))


def _skew(chances: np.random.Generator) -> NDArray[np.int64]:
    fate = chances.random(USERS)
    ahead = chances.integers(_LEAST_AHEAD, AHEAD, USERS)
    behind = -chances.integers(_LEAST_BEHIND, BEHIND, USERS)
    return np.where(fate < _AHEAD_SHARE, ahead, np.where(fate < _AHEAD_SHARE + _BEHIND_SHARE, behind, 0))
