"""Damage to the archive is told, with the file and the cure, and never served."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from clickwatch.archive.delta import DeltaArchive
from clickwatch.errors import ArchiveError, StorageError
from tests.support.archive_rows import epoch_rows, epochs

COMMITS = 6


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    archive = DeltaArchive.open(tmp_path / "archive", create=True)
    for epoch in range(1, COMMITS + 1):
        archive.append(epochs(epoch, epoch), epoch)
    return tmp_path / "archive"


def commit(folder: Path, version: int) -> Path:
    return folder / "_delta_log" / f"{version:020}.json"


def newest_data_file(folder: Path) -> Path:
    return DeltaArchive.open(folder, create=False).files()[-1]


def empty_the_newest_commit(folder: Path) -> Path:
    commit(folder, COMMITS).write_bytes(b"")
    return commit(folder, COMMITS)


def cut_the_newest_commit(folder: Path) -> Path:
    path = commit(folder, COMMITS)
    path.write_bytes(path.read_bytes()[:-20])
    return path


def lose_a_commit_in_the_middle(folder: Path) -> Path:
    commit(folder, 3).unlink()
    return commit(folder, 3)


def lose_the_first_commit(folder: Path) -> Path:
    commit(folder, 0).unlink()
    return commit(folder, 1)


def cut_a_data_file(folder: Path) -> Path:
    path = newest_data_file(folder)
    path.write_bytes(path.read_bytes()[:-1])
    return path


def lose_a_data_file(folder: Path) -> Path:
    path = newest_data_file(folder)
    path.unlink()
    return path


@pytest.mark.parametrize(
    "damage",
    [
        empty_the_newest_commit,
        cut_the_newest_commit,
        lose_a_commit_in_the_middle,
        lose_the_first_commit,
        cut_a_data_file,
        lose_a_data_file,
    ],
)
@pytest.mark.parametrize("create", [True, False])
def test_damage_is_told_with_the_file_and_the_cure(folder: Path, damage: Callable[[Path], Path], create: bool) -> None:
    path = damage(folder)
    with pytest.raises(ArchiveError) as told:
        DeltaArchive.open(folder, create=create)
    assert str(path) in str(told.value)
    assert "backup" in told.value.cure
    assert "\n" not in str(told.value)


def test_a_damaged_checkpoint_is_told(folder: Path) -> None:
    archive = DeltaArchive.open(folder, create=True)
    for epoch in range(COMMITS + 1, 51):
        archive.append(epoch_rows(epoch, 2), epoch)
    (checkpoint,) = (folder / "_delta_log").glob("*.checkpoint.parquet")
    sound = checkpoint.read_bytes()
    for bad in (b"", sound[: len(sound) // 2]):
        checkpoint.write_bytes(bad)
        with pytest.raises(ArchiveError, match="damaged"):
            DeltaArchive.open(folder, create=True)


def test_a_lost_log_is_not_begun_anew_over_the_data(folder: Path) -> None:
    for path in (folder / "_delta_log").iterdir():
        path.unlink()
    with pytest.raises(ArchiveError, match="is no archive, but holds event_date="):
        DeltaArchive.open(folder, create=True)


@pytest.mark.parametrize("position", [0, 5, 0.3, 0.5, 0.7, -9, -1])
def test_a_flipped_bit_anywhere_in_a_file_is_told_on_reading(folder: Path, position: float) -> None:
    archive = DeltaArchive.open(folder, create=True)
    path = newest_data_file(folder)
    content = bytearray(path.read_bytes())
    content[int(position * len(content)) if 0 < position < 1 else int(position)] ^= 0x10
    path.write_bytes(content)
    reads: list[Callable[[], object]] = [archive.to_arrow, lambda: archive.ids_after({0: None, 1: None})]
    for read in reads:
        with pytest.raises(ArchiveError, match="is damaged: its bytes are not those") as told:
            read()
        assert str(path) in str(told.value)


def test_damage_is_not_compacted_into_a_sound_file(folder: Path) -> None:
    archive = DeltaArchive.open(folder, create=True)
    path = archive.files(date(2026, 1, 26))[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    before = archive.snapshot().version
    with pytest.raises(ArchiveError, match="damaged"):
        archive.compact(date(2026, 1, 26))
    assert archive.snapshot().version == before


def test_a_file_in_the_way_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("not a folder")
    with pytest.raises(StorageError, match="Move the file in its way aside"):
        DeltaArchive.open(tmp_path / "archive", create=True)


def test_no_archive_is_told_to_a_reader(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="there is no archive"):
        DeltaArchive.open(tmp_path / "archive", create=False)
