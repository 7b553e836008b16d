"""An epoch is committed whole or not at all, and only by the pipeline that holds the lease."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from clickwatch.domain.alert import AlertThresholds
from clickwatch.domain.watermark import StreamRules
from clickwatch.domain.window import MINUTE, WindowSpec
from clickwatch.errors import SecondPipeline
from clickwatch.intake.dedupe import Deduplicator
from clickwatch.intake.id_hash import IdHasher
from clickwatch.intake.id_table import IdTable
from clickwatch.intake.intake import IntakeRules, PartitionIntake
from clickwatch.intake.judging import BlockJudge
from clickwatch.intake.pseudonym import Pseudonymiser
from clickwatch.speed.alerts.lifecycle import AlertBook
from clickwatch.speed.commit import LEASE, LEASE_TTL, EpochCommitter, Lease
from clickwatch.speed.effects import Epoch, EpochReport, PartitionEffects
from clickwatch.speed.embedded.deltas import count_deltas
from clickwatch.store import leases
from clickwatch.store.database import Store
from clickwatch.store.opening import open_store
from clickwatch.store.sqlite.file import SqliteFile
from clickwatch.wiring.home import Home
from tests.support.embedded_runs import KEY
from tests.support.fake_clock import FakeClock
from tests.support.findings import settled_rows
from tests.support.memory_log import Entry, block_of
from tests.support.small_home import entry, shopping
from tests.support.timelines import minute

SPEC = WindowSpec(10 * MINUTE, 5 * MINUTE)
RULES = IntakeRules(StreamRules(2 * MINUTE, 5 * MINUTE, 15 * MINUTE), SPEC, Pseudonymiser(bytes.fromhex(KEY)))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    store = open_store(SqliteFile(home.store), create=True)
    yield store
    store.close()


def take_lease(store: Store, now: int) -> Lease:
    with store.begin() as connection:
        return Lease(leases.acquire(connection, LEASE, "somebody", now, LEASE_TTL, lambda holder: False))


def committer(store: Store, lease: Lease, clock: FakeClock) -> EpochCommitter:
    book = AlertBook(AlertThresholds(1, 5), SPEC, (), 0)
    return EpochCommitter(store, lease, book, "fingerprint", clock)


def effects(entries: list[Entry], folder: Path, partition: int = 0, offset: int = 0) -> PartitionEffects:
    """What the records do, taken by a partition that knows nothing yet."""
    intake = PartitionIntake(
        RULES, Deduplicator(IdTable(1 << 20, folder, RULES.stream.expiry_span), IdHasher(), 15 * MINUTE), None
    )
    block = block_of(entries, partition, offset)
    taken = intake.take(block, BlockJudge(5 * MINUTE).judge(block), offset)
    return PartitionEffects(taken, count_deltas(taken, SPEC))


def epoch(number: int, *parts: PartitionEffects, frontier: int | None = None) -> Epoch:
    return Epoch(number, parts, frontier)


def test_an_epoch_is_in_all_tables_or_in_none(store: Store, home: Home, tmp_path: Path) -> None:
    clock = FakeClock(minute(30))
    commits = committer(store, take_lease(store, clock.now), clock)
    before = settled_rows(home)
    broken = Entry(minute(3), b"junk")
    part = effects([*shopping(0, 3), broken], tmp_path)
    with pytest.raises(IntegrityError):
        commits.commit(epoch(1, part, part), archived=0)  # one partition twice: the second quarantine row is refused
    assert settled_rows(home) == before
    commits.commit(epoch(1, part), archived=0)
    after = settled_rows(home)
    assert all(rows for rows in after.values()), "every table has a row of it"


def test_whoever_lost_the_lease_changes_nothing(store: Store, home: Home, tmp_path: Path) -> None:
    # first:   lease ──────── 30 s of silence ─┤ commit, close, renew: refused
    # second:                                  lease
    clock = FakeClock(minute(30))
    first_lease = take_lease(store, clock.now)
    first = committer(store, first_lease, clock)
    first.commit(epoch(1, effects(shopping(0, 3), tmp_path)), archived=0)
    clock.now += LEASE_TTL
    second = committer(store, take_lease(store, clock.now), clock)
    before = settled_rows(home)
    more = effects(shopping(3, 6), tmp_path, offset=1000)
    with pytest.raises(SecondPipeline):
        first.commit(epoch(2, more), archived=0)
    with pytest.raises(SecondPipeline):
        first.close(1, minute(20), archived=0)
    with pytest.raises(SecondPipeline):
        first.renew(archived=0)
    with pytest.raises(SecondPipeline):
        leases.give_back(store, LEASE, first_lease.token)
    assert settled_rows(home) == before
    second.commit(epoch(2, more), archived=0)
    assert settled_rows(home) != before


def test_an_epoch_that_does_not_follow_the_last_one_is_refused(store: Store, home: Home, tmp_path: Path) -> None:
    clock = FakeClock(minute(30))
    commits = committer(store, take_lease(store, clock.now), clock)
    part = effects(shopping(0, 3), tmp_path)
    commits.commit(epoch(1, part), archived=0)
    for number in (1, 3):
        with pytest.raises(SecondPipeline):
            commits.commit(epoch(number, part), archived=0)


def test_a_lease_that_was_given_back_is_free_at_once(store: Store) -> None:
    clock = FakeClock(minute(30))
    lease = take_lease(store, clock.now)
    leases.give_back(store, LEASE, lease.token)
    assert take_lease(store, clock.now).token > lease.token


def test_a_report_counts_all_partitions_of_an_epoch(tmp_path: Path) -> None:
    twice = entry(1, event_id="twice")
    parts = (
        effects([twice, twice, Entry(minute(2), b"junk")], tmp_path, partition=0),
        effects([entry(30, logged=30), entry(1, logged=30)], tmp_path, partition=2),
    )
    report = EpochReport.of(epoch(7, *parts))
    assert report == EpochReport(
        number=7, received=5, accepted=3, duplicates=1, rejected=1, late=1,
        watermarks={0: minute(-1), 2: minute(28)},
    )  # fmt: skip


def test_an_epoch_touches_the_windows_between_its_first_and_its_last(tmp_path: Path) -> None:
    # v1 counts in [-5, 5) and [0, 10), v30 in [25, 35) and [30, 40)
    parts = effects([entry(30)], tmp_path, partition=0), effects([entry(1)], tmp_path, partition=1)
    assert epoch(1, *parts).touched() == (minute(-5), minute(30))
    assert epoch(1, effects([Entry(minute(2), b"junk")], tmp_path)).touched() is None
