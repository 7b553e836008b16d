"""The archive's writers take turns by leases in the store."""

from contextlib import AbstractContextManager
from functools import partial

from clickwatch.archive.committing import Turn
from clickwatch.domain.window import MINUTE
from clickwatch.store.database import Store
from clickwatch.store.kept_turns import KeptRules, kept_turn
from clickwatch.store.turns import turn
from clickwatch.wiring.log import wall_clock

_COMMIT, _UPKEEP = "archive", "archive upkeep"


def archive_turn(store: Store) -> Turn:
    """Gives whoever commits to the archive of this store its turn, for the moment of the commit."""
    return partial(turn, store, _COMMIT, wall_clock)


def upkeep_turn(store: Store) -> AbstractContextManager[object]:
    """The turn of whoever compacts or expires, for the whole of that work."""
    return kept_turn(store, _UPKEEP, wall_clock, KeptRules(patience=10 * MINUTE))
