"""The pipeline, put together and brought back to where its last run left it, whichever engine that was."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from clickwatch.archive.delta import DeltaArchive
from clickwatch.domain.alert import AlertThresholds
from clickwatch.errors import ClickwatchError
from clickwatch.eventlog.port import EventLog
from clickwatch.intake.dedupe import Deduplicator
from clickwatch.intake.id_hash import IdHasher
from clickwatch.intake.id_table import IdTable
from clickwatch.intake.intake import IntakeRules, PartitionIntake
from clickwatch.settings import AppSettings
from clickwatch.speed.alerts.lifecycle import AlertBook
from clickwatch.speed.archiving import ArchiveWriter, FlushPolicy
from clickwatch.speed.commit import LEASE, LEASE_TTL, EpochCommitter, Lease
from clickwatch.speed.effects import EpochReport
from clickwatch.speed.embedded.judging_pool import JudgePool
from clickwatch.speed.embedded.pipeline import EmbeddedPipeline, Pace
from clickwatch.speed.embedded.reading import Reader
from clickwatch.speed.embedded.rerun import Rerun
from clickwatch.speed.frontier import Frontier
from clickwatch.speed.progress import Clocks, Parts, Position, Progress
from clickwatch.speed.recovery import Recorded, check_archive, check_log, remember_ids, starting_watermarks
from clickwatch.store import epochs, leases
from clickwatch.store.database import Store
from clickwatch.store.epochs import PartitionProgress
from clickwatch.store.waiting import Patience
from clickwatch.wiring.archive import archive_turn
from clickwatch.wiring.delivering import delivering
from clickwatch.wiring.fingerprint import fingerprint
from clickwatch.wiring.home import Home, open_home
from clickwatch.wiring.log import wall_clock
from clickwatch.wiring.log_kinds import LogKind, log_for_streaming
from clickwatch.wiring.own_log import speak_on_standard_error
from clickwatch.wiring.rules import intake_rules, window_spec
from clickwatch.wiring.stores import AT_WORK, as_long_as, store_of_home


@dataclass(frozen=True)
class Watch:
    """Who looks on: `on_epoch` hears of each committed epoch, `on_step` of each step between durable writes."""

    on_epoch: Callable[[EpochReport], None] = lambda report: None
    on_step: Callable[[str], None] = lambda step: None


def monotonic() -> int:
    """µs that never go back."""
    return time.monotonic_ns() // 1000


@dataclass(frozen=True)
class Begun:
    """A pipeline that is recovered and has not gone on yet: what an engine goes on with."""

    settings: AppSettings
    home: Home
    log: EventLog
    rules: IntakeRules
    judges: JudgePool
    offsets: Mapping[int, int]
    progress: Progress


class Pipeline(Protocol):
    """A run of an engine."""

    def run(self, stop: threading.Event, until: Mapping[int, int] | None = None) -> None:
        """Work until `stop` is set, or all partitions have been read up to the offsets `until`."""


def embedded(begun: Begun) -> Pipeline:
    """The embedded engine's pipeline."""
    reader = Reader(begun.log, begun.judges, begun.offsets, begun.settings.epoch_max_bytes)
    return EmbeddedPipeline(reader, begun.rules.spec, begun.progress, Pace(begun.settings.epoch_interval))


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
            _begun(settings, home, log, store, lease, idle_after, watch) as begun,
        ):
            engine(begun).run(stop, until)


def archive_tail(log: EventLog, settings: AppSettings) -> None:
    """Archive what is committed and not archived yet, where no stream does it; nothing new is taken from the log.

    Raises SecondPipeline if a stream is running.
    """
    home = open_home(settings)
    with (
        _leased_store(settings, AT_WORK, Watch()) as (store, lease),
        _begun(settings, home, log, store, lease, None, Watch()) as begun,
    ):
        embedded(begun).run(threading.Event(), begun.offsets)


@contextmanager
def _begun(
    settings: AppSettings,
    home: Home,
    log: EventLog,
    store: Store,
    lease: Lease,
    idle_after: int | None,
    watch: Watch,
) -> Iterator[Begun]:
    """The pipeline in the state in which the last one left off, ready to run."""
    # Arrow's own allocator keeps what an archive commit took: as fast, and 80 MiB more.
    pa.set_memory_pool(pa.system_memory_pool())
    rules = intake_rules(settings, home, store, log.identity)
    watch.on_step("key read")
    create = store.look(epochs.last_epoch) == 0
    archive = DeltaArchive.open(home.archive, create=create, turn=archive_turn(store), on_step=watch.on_step)
    archive.tidy()
    watch.on_step("archive opened")
    with _archiving(archive, settings) as writer, closing(_judges(settings, rules)) as judges:
        recorded, intakes = _recovered(settings, home, log, store, rules, archive, writer, judges, watch)
        frontier = Frontier(intakes, idle_after, rules.stream.delay, monotonic())
        committer = EpochCommitter(store, lease, _alert_book(settings), fingerprint(rules, log.identity), wall_clock)
        parts = Parts(rules.spec, committer, writer, frontier)
        position = Position(recorded.last_epoch, intakes)
        progress = Progress(parts, position, Clocks(wall_clock, monotonic), watch.on_epoch, watch.on_step)
        offsets = {p: _offset(log, recorded.progress, p) for p in range(log.partitions)}
        yield Begun(settings, home, log, rules, judges, offsets, progress)


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


@contextmanager
def _archiving(archive: DeltaArchive, settings: AppSettings) -> Iterator[ArchiveWriter]:
    writer = ArchiveWriter(archive, FlushPolicy(settings.archive_max_rows, settings.archive_max_delay), monotonic)
    try:
        yield writer
    finally:
        writer.abandon()


def _recovered(
    settings: AppSettings,
    home: Home,
    log: EventLog,
    store: Store,
    rules: IntakeRules,
    archive: DeltaArchive,
    writer: ArchiveWriter,
    judges: JudgePool,
    watch: Watch,
) -> tuple[Recorded, dict[int, PartitionIntake]]:
    """Where the store left off, and each partition's intake in the state of that moment."""
    recorded = _recorded(store, archive.last_epoch())
    check_log(log, recorded)
    check_archive(archive.last_epoch(), recorded)
    intakes = _intakes(settings, home, rules, range(log.partitions), starting_watermarks(recorded))
    rerun = Rerun(log, judges, intakes, recorded, settings.epoch_max_bytes, watch.on_step)
    remember_ids(archive, intakes, rules.stream.horizon)
    rerun.run(writer.add)
    return recorded, intakes


def _judges(settings: AppSettings, rules: IntakeRules) -> JudgePool:
    return JudgePool(rules.stream.max_future, _judging_processes(settings))


def _recorded(store: Store, archived: int) -> Recorded:
    return store.look(
        lambda connection: Recorded(
            last_epoch=epochs.last_epoch(connection),
            unarchived=tuple(epochs.ranges_after(connection, archived)),
            progress=epochs.progress(connection),
        )
    )


def _intakes(
    settings: AppSettings, home: Home, rules: IntakeRules, partitions: range, watermarks: Mapping[int, int | None]
) -> dict[int, PartitionIntake]:
    memory = settings.dedup_memory * 1024 * 1024 // len(partitions)
    hasher = IdHasher()
    return {
        p: PartitionIntake(
            rules,
            Deduplicator(IdTable(memory, home.spill, rules.stream.expiry_span), hasher, rules.stream.horizon),
            watermarks.get(p),
        )
        for p in partitions
    }


def _offset(log: EventLog, progress: Mapping[int, PartitionProgress], partition: int) -> int:
    place = progress.get(partition)
    return place.next_offset if place else log.start_offset(partition)


def _alert_book(settings: AppSettings) -> AlertBook:
    thresholds = AlertThresholds(settings.alert_min_views_threshold, settings.alert_max_purchases_threshold)
    return AlertBook(thresholds, window_spec(settings), settings.alert_handlers, settings.alert_max_age)


def _judging_processes(settings: AppSettings) -> int:
    """As many as there are cores, up to four; none on a machine with one core."""
    cores = os.cpu_count() or 1
    return min(cores, 4) * (cores > 1) if settings.judging_processes is None else settings.judging_processes
