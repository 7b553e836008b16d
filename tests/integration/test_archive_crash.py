"""What is left of the archive when its writer dies or its disk refuses."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from clickwatch.archive import checkpoint, deltalog
from clickwatch.archive.delta import DeltaArchive
from clickwatch.archive.naming import APPENDED, file_name
from clickwatch.archive.tidying import find_leftovers, remove_leftovers
from clickwatch.errors import ArchiveError, SecondPipeline, StorageError
from clickwatch.files.checksum import crc32
from tests.support.archive_rows import epoch_rows, epochs, in_log_order

ROOT = Path(__file__).resolve().parents[2]
KILLS = 6 * int(os.environ.get("CLICKWATCH_PROOF_SCALE", "1"))


def writer(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.support.archive_child", str(folder), *arguments]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def data_files(folder: Path) -> set[Path]:
    return set(folder.glob("event_date=*/category_part=*/*"))


def assert_holds_exactly(archive: DeltaArchive, last_epoch: int) -> None:
    expected = epochs(1, last_epoch) if last_epoch else epoch_rows(1).slice(0, 0)
    assert in_log_order(archive.to_arrow()).equals(in_log_order(expected))


def test_a_killed_writer_leaves_whole_commits_and_the_next_goes_on(tmp_path: Path) -> None:
    instants = random.Random(20260126)
    acknowledged = 0
    for _ in range(KILLS):
        with writer(tmp_path / "archive") as child:
            assert child.stdout is not None
            for _ in range(instants.randrange(1, 12)):
                acknowledged = int(child.stdout.readline())
            with pytest.raises(subprocess.TimeoutExpired):
                child.wait(instants.uniform(0, 0.05))
            child.kill()
        archive = DeltaArchive.open(tmp_path / "archive", create=True)
        assert archive.last_epoch() >= acknowledged
        assert_holds_exactly(archive, archive.last_epoch())
    archive.append(epochs(archive.last_epoch() + 1, archive.last_epoch() + 1), archive.last_epoch() + 1)
    assert_holds_exactly(archive, archive.last_epoch())
    archive.tidy(grace=-3_600_000_000)
    assert data_files(tmp_path / "archive") == set(archive.files())


def test_a_disk_that_refuses_leaves_the_table_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    DeltaArchive.open(folder, create=True).append(epochs(1, 2), 2)
    before = data_files(folder)
    with writer(folder, "512") as child:
        _, said = child.communicate()
    assert child.returncode == 1
    assert said.startswith("StorageError: Cannot write ")
    assert "Raise the file size limit" in said
    assert data_files(folder) == before
    archive = DeltaArchive.open(folder, create=True)
    assert archive.last_epoch() == 2
    archive.append(epochs(3, 3), 3)
    assert_holds_exactly(archive, 3)


def test_a_failed_sync_of_a_data_file_commits_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = DeltaArchive.open(tmp_path / "archive", create=True)
    archive.append(epochs(1, 2), 2)
    before = data_files(tmp_path / "archive")

    def fails(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fails)
        with pytest.raises(StorageError, match="input/output error"):
            archive.append(epochs(3, 3), 3)
    assert data_files(tmp_path / "archive") == before
    assert_holds_exactly(DeltaArchive.open(tmp_path / "archive", create=True), 2)


def test_a_commit_whose_name_was_not_synced_cannot_be_made_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = DeltaArchive.open(tmp_path / "archive", create=True)

    def fails(folder: Path) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(deltalog, "sync_folder", fails)
        with pytest.raises(StorageError, match="input/output error"):
            archive.append(epochs(1, 2), 2)
    with pytest.raises(SecondPipeline):
        archive.append(epochs(1, 2), 2)
    assert_holds_exactly(DeltaArchive.open(tmp_path / "archive", create=True), 2)


def orphan_of(archive: DeltaArchive) -> Path:
    """A file as an appender leaves it that dies before its commit."""
    kept = archive.files()[0]
    version = archive.snapshot().version + 1
    orphan = kept.with_name(file_name(APPENDED, version, "0123456789abcdef", 0, crc32(kept.read_bytes())))
    orphan.write_bytes(kept.read_bytes())
    return orphan


def test_what_a_dead_appender_left_goes_at_the_next_start(tmp_path: Path) -> None:
    archive = DeltaArchive.open(tmp_path / "archive", create=True)
    archive.append(epochs(1, 1), 1)
    orphan_of(archive)
    assert archive.tidy(orphans=False) == 0, "it may be the work of a living appender"
    assert archive.tidy() == 1
    assert data_files(tmp_path / "archive") == set(archive.files())
    archive.append(epochs(2, 2), 2)
    assert_holds_exactly(DeltaArchive.open(tmp_path / "archive", create=False), 2)


def test_what_may_still_be_in_use_goes_after_its_grace(tmp_path: Path) -> None:
    archive = DeltaArchive.open(tmp_path / "archive", create=True)
    archive.append(epochs(1, 1), 1)
    scrap = tmp_path / "archive" / "_delta_log" / "_commit_0123456789abcdef.json.tmp"
    scrap.write_bytes(b"{")
    assert archive.tidy() == 0
    assert archive.tidy(grace=-3_600_000_000) == 1
    assert not scrap.exists()


def test_files_that_were_tidied_away_are_not_committed(tmp_path: Path) -> None:
    # an appender that lost its lease:   writes its files ─────────────────────► wants to commit
    # the next one:                                       tidies at its start
    def tidied(step: str) -> None:
        if step == "file kept" and not other:
            other.append(DeltaArchive.open(tmp_path / "archive", create=False))
            other[0].tidy()

    other: list[DeltaArchive] = []
    DeltaArchive.open(tmp_path / "archive", create=True).append(epochs(1, 1), 1)
    stale = DeltaArchive.open(tmp_path / "archive", create=False, on_step=tidied)
    with pytest.raises(ArchiveError, match="removed before it was committed"):
        stale.append(epochs(2, 2), 2)
    assert data_files(tmp_path / "archive") == set(other[0].files())
    assert_holds_exactly(DeltaArchive.open(tmp_path / "archive", create=False), 1)


def test_two_that_tidy_at_once_do_not_stand_in_each_others_way(tmp_path: Path) -> None:
    archive = DeltaArchive.open(tmp_path / "archive", create=True)
    archive.append(epochs(1, 1), 1)
    orphan = orphan_of(archive)
    both = [find_leftovers(tmp_path / "archive", archive.snapshot(), 0) for _ in range(2)]
    assert [each.orphans for each in both] == [[orphan], [orphan]]
    assert [remove_leftovers(each) for each in both] == [1, 0]


def test_a_checkpoint_that_fails_leaves_the_commit_and_is_made_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = DeltaArchive.open(tmp_path / "archive", create=True)
    for epoch in range(1, checkpoint.CHECKPOINT_INTERVAL):
        archive.append(epoch_rows(epoch, 4), epoch)

    def fails(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    last = checkpoint.CHECKPOINT_INTERVAL
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "sync_file", fails)
        with pytest.raises(StorageError, match="Free space"):
            archive.append(epoch_rows(last, 4), last)
    with pytest.raises(ValueError, match="archived already"):
        archive.append(epoch_rows(last, 4), last)
    log = tmp_path / "archive" / "_delta_log"
    assert not list(log.glob("*.checkpoint.parquet"))
    archive = DeltaArchive.open(tmp_path / "archive", create=True)
    assert archive.last_epoch() == last
    archive.append(epoch_rows(last + 1, 4), last + 1)
    assert [path.name for path in log.glob("*.checkpoint.parquet")] == [f"{last + 1:020}.checkpoint.parquet"]
    assert DeltaArchive.open(tmp_path / "archive", create=True).last_epoch() == last + 1
