"""A pipeline brought back to where its last run left it, whichever engine that was."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass

import pyarrow as pa

from clickwatch.archive.delta import DeltaArchive
from clickwatch.domain.alert import AlertThresholds
from clickwatch.eventlog.port import EventLog
from clickwatch.intake.dedupe import Deduplicator
from clickwatch.intake.id_hash import IdHasher
from clickwatch.intake.id_table import IdTable
from clickwatch.intake.intake import IntakeRules, PartitionIntake
from clickwatch.settings import AppSettings
from clickwatch.speed.alerts.lifecycle import AlertBook
from clickwatch.speed.archiving import ArchiveWriter, FlushPolicy
from clickwatch.speed.commit import EpochCommitter, Lease
from clickwatch.speed.effects import EpochReport
from clickwatch.speed.embedded.judging_pool import JudgePool
from clickwatch.speed.embedded.rerun import Rerun
from clickwatch.speed.frontier import Frontier
from clickwatch.speed.progress import Clocks, Parts, Position, Progress
from clickwatch.speed.recovery import Recorded, check_archive, check_log, remember_ids, starting_watermarks
from clickwatch.store import epochs
from clickwatch.store.database import Store
from clickwatch.store.epochs import PartitionProgress
from clickwatch.wiring.archive import archive_turn
from clickwatch.wiring.fingerprint import fingerprint
from clickwatch.wiring.home import Home
from clickwatch.wiring.log import wall_clock
from clickwatch.wiring.rules import intake_rules, window_spec


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


@contextmanager
def begun(
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
