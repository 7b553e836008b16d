"""A day's run, put together: the archive brought up to the store, the engine, the leases."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial

import pyarrow as pa

from clickwatch.archive.delta import DeltaArchive
from clickwatch.archive.snapshot import Snapshot
from clickwatch.batch.cut import CutSources
from clickwatch.batch.publishing import Publisher
from clickwatch.batch.reports.publication import ReportShelf
from clickwatch.batch.run import FIGURES, DayRun, Outcome
from clickwatch.batch.staging import Staging
from clickwatch.batch.steps import Step
from clickwatch.domain.day import Day
from clickwatch.domain.window import MINUTE
from clickwatch.errors import BatchError, SecondPipeline
from clickwatch.eventlog.port import EventLog
from clickwatch.settings import AppSettings
from clickwatch.store import epochs, requests
from clickwatch.store.database import Store
from clickwatch.store.kept_turns import Fence
from clickwatch.wiring.archive import archive_turn, upkeep_turn
from clickwatch.wiring.day_engines import DayEngineOf, Engine, day_engines
from clickwatch.wiring.day_turns import right_to, run_of
from clickwatch.wiring.home import Home, open_home
from clickwatch.wiring.log import wall_clock
from clickwatch.wiring.log_kinds import log_of_home
from clickwatch.wiring.stores import AT_WORK, store_of_home

_PATIENCE = 2 * MINUTE
_POLL_SECONDS = 0.1
OnStep = Callable[[str], None]
Right = Callable[[Store, Day], AbstractContextManager[Fence]]


def run_day(
    settings: AppSettings, day: Day, on_step: OnStep = lambda step: None, engine_of: DayEngineOf | None = None
) -> Outcome:
    """All steps of a day's run. `on_step` hears each step's name before it begins, and of each durable one within it.

    `engine_of` makes the engine that computes the figures, the embedded one if it is not given.
    Raises ClickwatchError; then the day's reports and view are what they were before, or the new ones.
    """
    with _day(settings, day, on_step, engine_of, run_of) as (run, store, home):
        for step in Step:
            on_step(step)
            if step is Step.USER_SEGMENTS:
                run.compute(*FIGURES)
            elif step not in FIGURES:
                _take(run, step, store, home)
        return run.end()


def run_step(
    settings: AppSettings,
    day: Day,
    step: Step,
    on_step: OnStep = lambda step: None,
    engine_of: DayEngineOf | None = None,
) -> None:
    """One step of a day's run, see `run_day`; those before it have been run. Raises ClickwatchError."""
    with _day(settings, day, on_step, engine_of, partial(right_to, step)) as (run, store, home):
        on_step(step)
        _take(run, step, store, home)


def _take(run: DayRun, step: Step, store: Store, home: Home) -> None:
    match step:
        case Step.CUT:
            run.take_cut()
        case Step.REPORTS:
            run.write_reports()
        case Step.PUBLISH:
            run.publish()
        case Step.COMPACT:
            _compact(run, store, home)
        case _:
            run.compute(step)


def _compact(run: DayRun, store: Store, home: Home) -> None:
    """Put the archive's small files of a day that is over together, those of the last moment too."""
    if run.day.end > wall_clock():
        return
    with store.read() as connection:
        epoch = epochs.last_epoch(connection)
    if run.sources.archived_through(epoch) is None:
        return
    with upkeep_turn(store):
        DeltaArchive.open(home.archive, create=False, turn=archive_turn(store)).compact(run.day.date)


@contextmanager
def _day(
    settings: AppSettings, day: Day, on_step: OnStep, engine_of: DayEngineOf | None, right: Right
) -> Iterator[tuple[DayRun, Store, Home]]:
    pa.set_memory_pool(pa.system_memory_pool())  # it gives back what a large file took
    home = open_home(settings)
    with (
        closing(store_of_home(settings, patience=AT_WORK)) as store,
        closing(log_of_home(settings)) as log,
        right(store, day) as fence,
        day_engines(settings, Engine.EMBEDDED) as embedded,
    ):
        sources = CutSources(
            store,
            log,
            partial(_archived_through, settings, home, store, log),
            wall_clock,
            settings.spark_watermark_delay,
            settings.retention_days,
        )
        yield (
            DayRun(
                day,
                home.archive,
                Staging(home.batch / day.compact),
                sources,
                engine_of or embedded,
                Publisher(ReportShelf(home.reports), store, fence, on_step),
            ),
            store,
            home,
        )


def _archived_through(settings: AppSettings, home: Home, store: Store, log: EventLog, epoch: int) -> Snapshot | None:
    """The archive once it holds the epoch: a running stream is asked for it, else it is done here."""
    if epoch == 0:
        return None
    archive = DeltaArchive.open(home.archive, create=False, turn=archive_turn(store))
    deadline = wall_clock() + _PATIENCE
    while archive.refresh() < epoch:
        from clickwatch.wiring.pipeline import archive_tail  # half of what there is to load, and hardly ever needed

        if wall_clock() > deadline:
            problem = f"The running stream has not archived epoch {epoch}, and reports wait for it"
            raise BatchError(problem, "Look whether the stream works; then run the day again")
        try:
            archive_tail(log, settings)
        except SecondPipeline:  # a stream is running: it is its work
            store.transact(lambda connection, _: requests.ask(connection, requests.ARCHIVE_THROUGH, epoch))
            time.sleep(_POLL_SECONDS)
    return archive.snapshot()
