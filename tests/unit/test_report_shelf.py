"""Sets of reports on disk: there whole, as links that all turn at once."""

import os
from pathlib import Path

import pytest

from clickwatch.batch.reports.publication import ReportShelf
from clickwatch.domain.day import Day
from clickwatch.errors import StorageError

MONDAY, TUESDAY = Day.parse("2026-01-26"), Day.parse("2026-01-27")
OLD = {"summary_20260126.txt": b"old", "top_20260126.csv": b"a,b\n1,2\n"}
NEW = {"summary_20260126.txt": b"new", "top_20260126.csv": b"a,b\n3,4\n"}


@pytest.fixture
def shelf(tmp_path: Path) -> ReportShelf:
    return ReportShelf(tmp_path / "reports")


def publish(shelf: ReportShelf, files: dict[str, bytes], day: Day = MONDAY) -> str:
    name = shelf.stage(day, files)
    shelf.publish(day, name)
    return name


def read_by_name(shelf: ReportShelf, *names: str) -> dict[str, bytes]:
    """What somebody reads who opens the reports by their names."""
    return {name: (shelf.folder / name).read_bytes() for name in names}


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_set_that_is_staged_is_not_to_be_seen(shelf: ReportShelf) -> None:
    shelf.stage(MONDAY, OLD)
    assert shelf.files(MONDAY) == {}
    assert shelf.days() == []
    assert [path.name for path in shelf.folder.iterdir()] == [".sets"]


def test_reports_are_files_under_their_names(shelf: ReportShelf) -> None:
    publish(shelf, OLD)
    assert read_by_name(shelf, *OLD) == OLD == shelf.files(MONDAY)
    assert shelf.days() == [MONDAY]
    assert sorted(path.name for path in shelf.folder.iterdir() if path.name != ".sets") == sorted(OLD)


def test_a_new_set_takes_the_place_of_the_old_one_and_nothing_of_it_stays(shelf: ReportShelf) -> None:
    old = publish(shelf, {**OLD, "gone_20260126.csv": b""})
    publish(shelf, NEW)
    assert read_by_name(shelf, *NEW) == NEW == shelf.files(MONDAY)
    assert not any(old in name for name in everything(shelf.folder))
    assert not os.path.lexists(shelf.folder / "gone_20260126.csv")


def test_the_same_reports_again_change_no_file(shelf: ReportShelf) -> None:
    name = publish(shelf, OLD)
    before = {path: path.lstat().st_mtime_ns for path in shelf.folder.rglob("*")}
    assert publish(shelf, OLD) == name
    assert {path: path.lstat().st_mtime_ns for path in shelf.folder.rglob("*")} == before


def test_the_days_do_not_touch_each_other(shelf: ReportShelf) -> None:
    publish(shelf, OLD)
    publish(shelf, {"summary_20260127.txt": b"tuesday"}, TUESDAY)
    publish(shelf, NEW)
    assert shelf.days() == [MONDAY, TUESDAY]
    assert shelf.files(TUESDAY) == {"summary_20260127.txt": b"tuesday"}


def test_whoever_opened_a_report_reads_it_to_its_end(shelf: ReportShelf) -> None:
    publish(shelf, OLD)
    with (shelf.folder / "top_20260126.csv").open("rb") as opened:
        publish(shelf, NEW)
        assert opened.read() == OLD["top_20260126.csv"]


def test_what_people_put_beside_the_reports_stays(shelf: ReportShelf) -> None:
    publish(shelf, OLD)
    (shelf.folder / "notes_20260126.txt").write_bytes(b"mine")
    publish(shelf, NEW)
    assert (shelf.folder / "notes_20260126.txt").read_bytes() == b"mine"


@pytest.mark.parametrize("first", [{}, OLD], ids=["no reports before", "old reports before"])
@pytest.mark.parametrize("step", range(6))
def test_a_crash_at_any_rename_leaves_the_old_reports_or_the_new_ones(
    shelf: ReportShelf, step: int, first: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    if first:
        publish(shelf, first)
    left, move = step, os.replace

    def dies(old: Path, new: Path) -> Path:
        nonlocal left
        if left == 0:
            raise KeyboardInterrupt
        left -= 1
        move(old, new)
        return new

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", dies)
        patch.setattr(Path, "replace", dies)
        try:
            publish(shelf, NEW)
        except KeyboardInterrupt:
            there = [name for name in NEW if (shelf.folder / name).exists()]
            assert read_by_name(shelf, *there) in (first, NEW)
            assert shelf.files(MONDAY) in (first, NEW)
    publish(shelf, NEW)
    assert read_by_name(shelf, *NEW) == NEW
    assert {path.name for path in shelf.folder.iterdir()} == {".sets", *NEW}
    assert len(list((shelf.folder / ".sets").iterdir())) == 2, "the set, and the link to it"


def test_reports_are_for_their_owner_alone(shelf: ReportShelf) -> None:
    publish(shelf, OLD)
    assert shelf.folder.stat().st_mode & 0o077 == 0
    assert all((shelf.folder / name).stat().st_mode & 0o077 == 0 for name in OLD)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "reports").write_bytes(b"a file")
    with pytest.raises(StorageError, match=r"Cannot write reports to .*reports"):
        ReportShelf(tmp_path / "reports").stage(MONDAY, OLD)
