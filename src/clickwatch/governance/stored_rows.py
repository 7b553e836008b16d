"""Rows of the store whose time is over: refused records, which came in as they were, and closed windows."""

from sqlalchemy import ColumnElement, Table

from clickwatch.governance.removal import Removal
from clickwatch.store import quarantine as refused
from clickwatch.store import removal
from clickwatch.store import windows as speed_windows
from clickwatch.store.database import Store
from clickwatch.store.schema import quarantine, repairs, windows


def refused_records(store: Store, now: int, keep: int, dry_run: bool) -> Removal:
    """Refused records, counted from their log time: nobody knows the time of their events. `now`, `keep` in µs."""
    gone = remove(store, quarantine, refused.expired(now, keep), dry_run)
    if not dry_run:
        remove(store, repairs, refused.repaired_and_gone(), dry_run)
    return Removal("refused records", "rows", gone)


def closed_windows(store: Store, now: int, keep: int, dry_run: bool) -> Removal:
    """Windows that are closed, counted from their end, or from the last event that came if they were old then."""
    return Removal("windows", "rows", remove(store, windows, speed_windows.expired(now, keep), dry_run))


def remove(store: Store, table: Table, which: ColumnElement[bool], dry_run: bool) -> int:
    """Remove rows, in small transactions, or only count them; how many. Raises StoreError."""
    if dry_run:
        with store.read() as connection:
            return removal.count(connection, table, which)
    return removal.remove(store, table, which)
