"""Retention, put together: all places of the home that hold data with a time."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial

from clickwatch.archive.delta import DeltaArchive
from clickwatch.batch.reports.publication import ReportShelf
from clickwatch.governance.removal import Removal
from clickwatch.governance.retention import Places, Retention
from clickwatch.governance.user_rows import UserRows
from clickwatch.settings import AppSettings
from clickwatch.store.database import Store
from clickwatch.wiring.archive import archive_turn, upkeep_turn
from clickwatch.wiring.day_turns import run_of
from clickwatch.wiring.home import Home, open_home
from clickwatch.wiring.log import open_log, wall_clock
from clickwatch.wiring.log_kinds import is_on_kafka
from clickwatch.wiring.stores import AT_WORK, store_of_home


def retention(
    settings: AppSettings,
    *,
    dry_run: bool,
    on_kind: Callable[[str], None],
    clock: Callable[[], int] = wall_clock,
) -> Iterator[Removal]:
    """Remove what has been kept for RETENTION_DAYS, or only say what would go: one kind of data after another.

    `on_kind` hears of each before it is looked at; `clock` gives µs since the Unix epoch, UTC. Raises StoreError if
    nothing has been streamed yet.
    """
    home = open_home(settings)
    with ExitStack() as opened:
        store = opened.enter_context(closing(store_of_home(settings, patience=AT_WORK)))
        log = None if is_on_kafka(settings) else opened.enter_context(closing(open_log(settings, clock)))
        places = Places(
            store,
            log,
            partial(_archive, home, store, clock),
            partial(upkeep_turn, store),
            UserRows(ReportShelf(home.reports), store, partial(run_of, store)),
            home.batch,
        )
        yield from Retention(places, clock(), settings.retention_days, dry_run, on_kind).run()


def _archive(home: Home, store: Store, clock: Callable[[], int]) -> DeltaArchive | None:
    if not home.archive.exists():
        return None
    return DeltaArchive.open(home.archive, create=False, turn=archive_turn(store), now=clock)
