"""Epochs: counted without gaps, by one pipeline."""

import threading

import pytest

from clickwatch.errors import SecondPipeline
from clickwatch.store import epochs
from clickwatch.store.database import Store
from clickwatch.store.epochs import EpochRange, PartitionProgress
from tests.support import stores as fixtures

store, stores = fixtures.store, fixtures.stores


def commit(store: Store, number: int, *ranges: EpochRange, fingerprint: str = "settings") -> None:
    with store.begin() as c:
        epochs.claim(c, number, fingerprint, 1_000_000 * number, ranges)


def test_a_new_store_is_before_the_first_epoch(store: Store) -> None:
    with store.read() as c:
        assert epochs.last_epoch(c) == 0
        assert epochs.fingerprint(c) is None
        assert epochs.progress(c) == {}
        assert epochs.ranges_after(c, 0) == []


@pytest.mark.parametrize("number", [0, 1, 3])
def test_an_epoch_that_does_not_follow_the_last_is_a_second_pipeline(store: Store, number: int) -> None:
    commit(store, 1)
    with pytest.raises(SecondPipeline, match=f"epoch {number} cannot be committed"):
        commit(store, number)
    with store.read() as c:
        assert epochs.last_epoch(c) == 1


def test_of_two_pipelines_that_claim_one_epoch_at_once_one_commits(stores: fixtures.Stores) -> None:
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def claim(store: Store, mine: int) -> None:
        start.wait()
        try:
            commit(store, 1, EpochRange(mine, 0, 10, None, 10))
            outcomes.append("committed")
        except SecondPipeline:
            outcomes.append("refused")

    threads = [threading.Thread(target=claim, args=(stores.open(), mine)) for mine in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["committed", "refused"]
    with stores.open().read() as c:
        assert len(epochs.ranges_after(c, 0)) == 1


def test_a_refused_epoch_leaves_none_of_its_effects(store: Store) -> None:
    commit(store, 1)
    with pytest.raises(SecondPipeline), store.begin() as c:
        epochs.save_progress(c, [PartitionProgress(0, 99, 99)])
        epochs.claim(c, 1, "settings", 1, [])
    with store.read() as c:
        assert epochs.progress(c) == {}


def test_progress_replaces_the_named_partitions_and_leaves_the_others(store: Store) -> None:
    with store.begin() as c:
        epochs.save_progress(c, [PartitionProgress(0, 10, None), PartitionProgress(1, 20, -5)])
    with store.begin() as c:
        epochs.save_progress(c, [PartitionProgress(0, 15, 7)])
        epochs.save_progress(c, [])
    with store.read() as c:
        assert epochs.progress(c) == {0: PartitionProgress(0, 15, 7), 1: PartitionProgress(1, 20, -5)}


def test_ranges_come_back_in_the_order_of_epochs_and_partitions(store: Store) -> None:
    first = [EpochRange(1, 0, 5, None, 2), EpochRange(0, 0, 2**40, None, 1)]
    commit(store, 1, *first)
    commit(store, 2, EpochRange(0, 2**40, 2**41, 77, 3))
    with store.read() as c:
        assert epochs.ranges_after(c, 0) == [(1, first[1]), (1, first[0]), (2, EpochRange(0, 2**40, 2**41, 77, 3))]
        assert [number for number, _ in epochs.ranges_after(c, 1)] == [2]


def test_pruning_keeps_the_last_number_and_its_fingerprint(store: Store) -> None:
    for number in (1, 2, 3):
        commit(store, number, EpochRange(0, number, number + 1, None, 1), fingerprint=f"settings {number}")
    with store.begin() as c:
        epochs.prune(c, 2)
    with store.read() as c:
        assert [number for number, _ in epochs.ranges_after(c, 0)] == [3]
    with store.begin() as c:
        epochs.prune(c, 3)
    with store.read() as c:
        assert (epochs.last_epoch(c), epochs.fingerprint(c)) == (3, "settings 3")
        assert epochs.ranges_after(c, 0) == []
    with pytest.raises(SecondPipeline):
        commit(store, 3)
    commit(store, 4)
