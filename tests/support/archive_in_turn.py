"""One of several processes that change one archive for ever, in turn, until it is killed.

Run: python -m tests.support.archive_in_turn ROLE FOLDER, where ROLE is `append`, `compact` or `expire`. Says what it
has done, a line each; an end by itself is an error.
"""

import sys
from datetime import date
from pathlib import Path

import pyarrow as pa

from clickwatch.archive.delta import DeltaArchive
from clickwatch.domain.columns import ARCHIVE_COLUMNS
from clickwatch.domain.window import DAY
from clickwatch.store.database import Store
from clickwatch.store.opening import open_store
from clickwatch.store.sqlite.file import SqliteFile
from clickwatch.wiring.archive import archive_turn, upkeep_turn
from tests.support.archive_rows import FIRST_DAY, epochs

DAYS = (date(2026, 1, 26), date(2026, 1, 27), date(2026, 1, 28))
KEEP = 30 * DAY
INTAKE = FIRST_DAY
"""When all was taken in, by the clock of these processes."""
GONE = DAYS[0]
AFTERWARDS = FIRST_DAY + DAY + KEEP
"""When the first day is over its time, and the others are not."""


def opened(folder: Path, store: Store, now: int) -> DeltaArchive:
    """The archive as its writers open it, at a time of their own."""
    return DeltaArchive.open(folder / "archive", create=False, turn=archive_turn(store), now=lambda: now)


def rows(first: int, last: int) -> pa.Table:
    """The rows of the epochs from `first` to `last`, all of them on DAYS, over and over again."""
    events = epochs(first, last)
    times = events["event_time"].cast(pa.int64()).to_numpy()
    field = ARCHIVE_COLUMNS.field("event_time")
    on_days = pa.array(FIRST_DAY + (times - FIRST_DAY) % (len(DAYS) * DAY)).cast(field.type)
    return events.set_column(events.schema.get_field_index(field.name), field, on_days)


def append(folder: Path, store: Store) -> None:
    """Append a few epochs again and again."""
    archive = opened(folder, store, INTAKE)
    archive.tidy()
    while True:
        last = archive.last_epoch()
        archive.append(rows(last + 1, last + 2), last + 2)
        print(f"appended {last + 2}", flush=True)


def compact(folder: Path, store: Store) -> None:
    """Put the files of one day after the other together."""
    while True:
        for day in DAYS:
            with upkeep_turn(store):
                print(f"compacted {opened(folder, store, INTAKE).compact(day)}", flush=True)


def expire(folder: Path, store: Store) -> None:
    """Remove the first day, however often it comes again."""
    while True:
        with upkeep_turn(store):
            print(f"expired {opened(folder, store, AFTERWARDS).expire(KEEP).files}", flush=True)


def main(role: str, folder: str) -> None:
    """Work until killed."""
    store = open_store(SqliteFile(Path(folder) / "store.db"), create=False)
    {"append": append, "compact": compact, "expire": expire}[role](Path(folder), store)


if __name__ == "__main__":
    main(*sys.argv[1:])
