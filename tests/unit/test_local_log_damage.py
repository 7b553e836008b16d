"""Damage is named, never served, and does not spread to what is sound."""

from pathlib import Path

import pytest

from clickwatch.errors import ClickwatchError, LogError
from clickwatch.eventlog.index import ENTRY_BYTES
from tests.support.event_logs import Clock, lines, open_local, records

GROUPS = [lines(b"first", b"group"), lines(b"second"), lines(b"third")]


class Files:
    """A log of three groups in one segment; every change starts from the sound bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "topic/0" / f"{0:020d}.ndjson"
        self.index = self.data.with_suffix(".index")
        log = open_local(folder, Clock())
        for group in GROUPS:
            log.append(0, group)
        log.close()
        self.sound_data, self.sound_index = self.data.read_bytes(), self.index.read_bytes()

    def reading_fails(self, match: str) -> None:
        log = open_local(self.folder, Clock())
        with pytest.raises(LogError, match=match):
            records(log)
        log.close()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_any_wrong_byte_in_the_data_is_found(files: Files) -> None:
    bounds = [(0, 12), (12, 19), (19, 25)]
    for position in range(len(files.sound_data)):
        damaged = bytearray(files.sound_data)
        damaged[position] ^= 1
        files.data.write_bytes(damaged)
        start, end = next(bound for bound in bounds if bound[0] <= position < bound[1])
        files.reading_fails(f"{files.data.name} is damaged within bytes {start} to {end}")


def test_groups_before_the_damage_are_served(files: Files) -> None:
    files.data.write_bytes(files.sound_data[:-2] + b"?\n")
    log = open_local(files.folder, Clock())
    block = log.read(0, 0, 1 << 20, until=19)
    assert [block.record(i) for i in range(len(block))] == [b"first", b"group", b"second"]
    log.close()


def test_damage_is_found_again_by_who_reads_again(files: Files) -> None:
    log = open_local(files.folder, Clock())
    assert len(records(log)) == 4
    files.data.write_bytes(b"F" + files.sound_data[1:])
    with pytest.raises(LogError, match="damaged within bytes 0 to 12"):
        records(log)
    log.close()


def test_any_wrong_byte_in_an_entry_before_the_last_is_found(files: Files) -> None:
    for position in range(2 * ENTRY_BYTES):
        damaged = bytearray(files.sound_index)
        damaged[position] ^= 1
        files.index.write_bytes(damaged)
        entry = position // ENTRY_BYTES * ENTRY_BYTES
        files.reading_fails(f"{files.index.name} is damaged in bytes {entry} to {entry + ENTRY_BYTES}")


def test_a_missing_entry_is_found(files: Files) -> None:
    for missing in range(2):
        start = missing * ENTRY_BYTES
        files.index.write_bytes(files.sound_index[:start] + files.sound_index[start + ENTRY_BYTES :])
        files.reading_fails("is damaged")


def test_a_wrong_entry_before_a_torn_one_stops_writers_too(files: Files) -> None:
    files.index.write_bytes(files.sound_index[:ENTRY_BYTES] + bytes(2 * ENTRY_BYTES))
    log = open_local(files.folder, Clock())
    with pytest.raises(LogError, match="is damaged"):
        log.append(0, b"next\n")
    assert files.data.read_bytes() == files.sound_data
    log.close()


@pytest.mark.parametrize("length", [0, 1, 12, 24])
def test_a_data_file_that_was_cut_short_is_found(files: Files, length: int) -> None:
    files.data.write_bytes(files.sound_data[:length])
    files.reading_fails(f"bytes {length} to 25 are missing")
    log = open_local(files.folder, Clock())
    with pytest.raises(LogError, match=f"bytes {length} to 25 are missing"):
        log.append(0, b"next\n")
    assert files.data.stat().st_size == length
    log.close()


def test_an_index_that_shrinks_under_a_reader_or_a_writer_is_found(files: Files) -> None:
    log = open_local(files.folder, Clock())
    log.append(0, b"fourth\n")
    assert log.end_offset(0) == 32
    files.index.write_bytes(files.sound_index)
    with pytest.raises(LogError, match="is damaged"):
        log.end_offset(0)
    with pytest.raises(LogError, match="is damaged"):
        log.append(0, b"fifth\n")
    log.close()


def test_a_missing_data_file_is_found(files: Files) -> None:
    files.data.unlink()
    files.reading_fails("is missing beside its index")


def test_a_segment_that_is_missing_in_the_middle_is_found(tmp_path: Path) -> None:
    log = open_local(tmp_path, Clock(), segment_bytes=1)
    for _ in range(3):
        log.append(0, b"record\n")
    log.close()
    for ending in ("ndjson", "index"):
        (tmp_path / "topic/0" / f"{7:020d}.{ending}").unlink()
    assert log.read(0, 14, 100).record(0) == b"record"
    with pytest.raises(LogError, match="ends at offset 7, and the next file begins at 14"):
        log.read(0, 7, 100)
    log.close()


def test_a_log_that_was_exchanged_for_a_shorter_one_is_found_by_its_reader(tmp_path: Path) -> None:
    log = open_local(tmp_path / "new", Clock())
    log.append(0, b"short\n")
    with pytest.raises(LogError, match=r"ends at offset 6, and its reader goes on at 100.*\. Restore"):
        log.read(0, 100, 100)
    log.close()


def test_a_log_that_is_deleted_under_a_writer_takes_no_more(tmp_path: Path) -> None:
    log = open_local(tmp_path, Clock())
    log.append(0, b"record\n")
    for path in (tmp_path / "topic/0").iterdir():
        path.unlink()
    for _ in range(2):
        with pytest.raises(LogError, match="removed while the log was in use"):
            log.append(0, b"record\n")
    log.close()


def test_every_error_is_one_line_with_a_cure(files: Files) -> None:
    files.data.write_bytes(b"")
    with pytest.raises(ClickwatchError) as caught:
        records(open_local(files.folder, Clock()))
    assert caught.value.cure
    assert "\n" not in str(caught.value)
