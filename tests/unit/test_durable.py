"""Files that are there whole or not at all."""

import os
from pathlib import Path
from threading import Barrier, Thread

import pytest

from clickwatch.errors import StorageError
from clickwatch.files.durable import make_folder, new_file, write_new, write_once, write_whole
from clickwatch.files.refusals import storage_errors


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, b"before")
    write_whole(path, b"after")
    assert path.read_bytes() == b"after"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_sync_leaves_the_file_as_it_was_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_whole(path, b"before")

    def fails(fd: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("clickwatch.files.durable.os.fsync", fails)
    with pytest.raises(OSError, match="Input/output"):
        write_whole(path, b"after")
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_of_many_writers_at_once_one_is_first_and_its_file_stays(tmp_path: Path) -> None:
    start = Barrier(6)

    def write(number: int) -> None:
        start.wait()
        write_once(tmp_path / "file", b"%d" % number * 1000)

    threads = [Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    content = (tmp_path / "file").read_bytes()
    assert content in [b"%d" % number * 1000 for number in range(6)]
    write_once(tmp_path / "file", b"too late")
    assert (tmp_path / "file").read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_new_file_never_replaces_one_that_is_there(tmp_path: Path) -> None:
    write_new(tmp_path / "file", b"first")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "file", b"second")
    assert (tmp_path / "file").read_bytes() == b"first"


def test_folders_are_made_down_to_the_one_that_is_asked_for(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b", 0o700)
    make_folder(tmp_path / "a" / "b", 0o700)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("a", "a/b")] == [0o700, 0o700]


def test_a_refusal_names_the_file_that_the_system_names(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(StorageError) as error, storage_errors("read", tmp_path):
        os.open(missing, os.O_RDONLY)
    assert str(error.value).startswith(f"Cannot read {missing}: no such file or directory. Restore it from a backup")


def test_a_new_file_is_there_when_its_block_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with new_file(path) as file:
        file.write(b"one ")
        assert not path.exists()
        file.write(b"two")
    assert path.read_bytes() == b"one two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_of_a_new_file_whose_block_fails_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), new_file(tmp_path / "file") as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_another_process_made_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(FileExistsError), new_file(path) as file:
        file.write(b"mine")
        path.write_bytes(b"theirs")
    assert path.read_bytes() == b"theirs"
    assert list(tmp_path.iterdir()) == [path]
