"""How far the repair of a refused record has come."""

from sqlalchemy import Connection

from clickwatch.store import epochs, quarantine
from clickwatch.store.repairs import Repair


def state(connection: Connection, repair: Repair | None) -> str:
    """How far it has come, in a sentence without its full stop."""
    if repair is None:
        return "not repaired"
    if repair.new_place is None:
        return "begun: a replay was interrupted; replay the same file again"
    again = quarantine.at(connection, repair.new_place)
    if again is not None:
        return f"refused again at {repair.new_place}: {again.reason}; repair that one"
    place = epochs.progress(connection).get(repair.new_partition)
    if place is None or place.next_offset <= repair.new_place.offset:
        return f"repaired by {repair.new_place}, which waits for `clickwatch stream`"
    return f"repaired by {repair.new_place}, which the stream has taken in"
