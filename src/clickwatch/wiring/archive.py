"""The archive's writers take turns by a lease in the store."""

from functools import partial

from clickwatch.archive.committing import Turn
from clickwatch.store.database import Store
from clickwatch.store.turns import turn
from clickwatch.wiring.log import wall_clock

_LEASE = "archive"


def archive_turn(store: Store) -> Turn:
    """Gives whoever commits to the archive of this store its turn."""
    return partial(turn, store, _LEASE, wall_clock)
