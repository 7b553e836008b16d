"""What recovery finds out before it begins: whether store and archive belong together, and where to start."""

import pytest

from clickwatch.errors import ArchiveError
from clickwatch.speed.recovery import Recorded, check_archive, starting_watermarks
from clickwatch.store.epochs import EpochRange, PartitionProgress


def piece(partition: int, start: int, end: int, before: int | None) -> EpochRange:
    return EpochRange(partition, start, end, before, accepted=1)


RECORDED = Recorded(
    last_epoch=4,
    unarchived=(
        (3, piece(0, 100, 200, 50)),
        (3, piece(1, 0, 70, None)),
        (4, piece(0, 200, 300, 60)),
        (4, piece(1, 70, 90, 30)),
    ),
    progress={
        0: PartitionProgress(0, 300, 70),
        1: PartitionProgress(1, 90, 40),
        2: PartitionProgress(2, 500, 80),
        3: PartitionProgress(3, 10, None),
    },
)


def test_watermarks_start_where_the_archive_ends() -> None:
    # archive: …2]              store: 3 and 4 after it
    # p0: 50 before 3,  p1: none before 3,  p2: in neither, so where it stands,  p3: no valid record yet
    assert starting_watermarks(RECORDED) == {0: 50, 1: None, 2: 80, 3: None}


def test_a_store_that_knows_all_epochs_since_the_archive_belongs_to_it() -> None:
    check_archive(2, RECORDED)
    check_archive(4, Recorded(4, (), RECORDED.progress))
    check_archive(0, Recorded(0, (), {}))


def test_an_archive_ahead_of_its_store_is_refused() -> None:
    with pytest.raises(ArchiveError, match="it has epoch 5, the store ends at 4"):
        check_archive(5, RECORDED)


@pytest.mark.parametrize("archived", [0, 1])
def test_an_archive_that_lacks_forgotten_epochs_is_refused(archived: int) -> None:
    with pytest.raises(ArchiveError, match=f"ends at epoch {archived}, but the store no longer knows epoch"):
        check_archive(archived, RECORDED)


def test_a_hole_between_archive_and_store_is_seen() -> None:
    with pytest.raises(ArchiveError, match="no longer knows epoch 3"):
        check_archive(2, Recorded(4, ((4, piece(0, 200, 300, 60)),), RECORDED.progress))
