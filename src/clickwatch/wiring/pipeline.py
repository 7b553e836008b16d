"""A run of the stream: the log, the right to the store, and an engine that goes on from where the last one left off."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import Protocol

from clickwatch.errors import ClickwatchError
from clickwatch.eventlog.port import EventLog
from clickwatch.settings import AppSettings
from clickwatch.speed.commit import LEASE, LEASE_TTL, Lease
from clickwatch.speed.embedded.pipeline import EmbeddedPipeline, Pace
from clickwatch.speed.embedded.reading import Reader
from clickwatch.store import leases
from clickwatch.store.database import Store
from clickwatch.store.waiting import Patience
from clickwatch.wiring.beginning import Begun, Watch, begun
from clickwatch.wiring.delivering import delivering
from clickwatch.wiring.home import open_home
from clickwatch.wiring.log import wall_clock
from clickwatch.wiring.log_kinds import LogKind, log_for_streaming
from clickwatch.wiring.own_log import speak_on_standard_error
from clickwatch.wiring.stores import AT_WORK, as_long_as, store_of_home


class Pipeline(Protocol):
    """A run of an engine."""

    def run(self, stop: threading.Event, until: Mapping[int, int] | None = None) -> None:
        """Work until `stop` is set, or all partitions have been read up to the offsets `until`."""


def embedded(state: Begun) -> Pipeline:
    """The embedded engine's pipeline."""
    reader = Reader(state.log, state.judges, state.offsets, state.settings.epoch_max_bytes)
    return EmbeddedPipeline(reader, state.rules.spec, state.progress, Pace(state.settings.epoch_interval))


def run_stream(
    settings: AppSettings,
    stop: threading.Event,
    *,
    until_caught_up: bool,
    watch: Watch | None = None,
    kind: LogKind = LogKind.LOG,
    engine: Callable[[Begun], Pipeline] = embedded,
) -> None:
    """Run the pipeline over a log until `stop` is set, or it has caught up with the log.

    Raises ClickwatchError with what is wrong; nothing that was acknowledged is lost by that.
    """
    log = log_for_streaming(settings, kind, stop)
    stream_from(log, settings, stop, until_caught_up=until_caught_up, watch=watch or Watch(), engine=engine)


def stream_from(
    log: EventLog,
    settings: AppSettings,
    stop: threading.Event,
    *,
    until_caught_up: bool,
    watch: Watch,
    engine: Callable[[Begun], Pipeline] = embedded,
) -> None:
    """Run the pipeline over `log`, and close the log at the end. Caught up: read to its present end."""
    speak_on_standard_error(settings)
    with closing(log):
        home = open_home(settings)
        watch.on_step("log opened")
        until = {p: log.end_offset(p) for p in range(log.partitions)} if until_caught_up else None
        idle_after = None if until_caught_up else settings.idle_after
        with (
            _leased_store(settings, as_long_as(stop), watch) as (store, lease),
            delivering(settings, home, store),
            begun(settings, home, log, store, lease, idle_after, watch) as state,
        ):
            engine(state).run(stop, until)


def archive_tail(log: EventLog, settings: AppSettings) -> None:
    """Archive what is committed and not archived yet, where no stream does it; nothing new is taken from the log.

    Raises SecondPipeline if a stream is running.
    """
    home = open_home(settings)
    with (
        _leased_store(settings, AT_WORK, Watch()) as (store, lease),
        begun(settings, home, log, store, lease, None, Watch()) as state,
    ):
        embedded(state).run(threading.Event(), state.offsets)


@contextmanager
def _leased_store(settings: AppSettings, patience: Patience, watch: Watch) -> Iterator[tuple[Store, Lease]]:
    """The store, and the right to write to it until the block ends: what leaves the house goes out under it too."""
    store = store_of_home(settings, create=True, patience=patience)
    watch.on_step("store opened")
    try:
        token = leases.take(store, LEASE, wall_clock, LEASE_TTL)
        try:
            watch.on_step("leased")
            yield store, Lease(token)
        except BaseException:
            _give_back(store, token)
            raise
        leases.give_back(store, LEASE, token)
        watch.on_step("released")
    finally:
        store.close()


def _give_back(store: Store, token: int) -> None:
    """Release the lease of a pipeline that failed, if it can be: the next start need not wait for its end then."""
    with suppress(ClickwatchError):
        leases.give_back(store, LEASE, token)
