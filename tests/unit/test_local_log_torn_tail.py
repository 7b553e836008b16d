"""What a crash may leave behind: readers do not see it, the next writer cuts it, nothing else is lost."""

from collections.abc import Callable
from pathlib import Path

import pytest

from clickwatch.errors import LogError
from clickwatch.eventlog.index import ENTRY_BYTES
from clickwatch.eventlog.local import LocalLog
from clickwatch.eventlog.segment_writer import MAX_GROUP_BYTES
from tests.support.event_logs import Clock, lines, open_local, records

KEPT = [b"kept", b"", b"also kept"]
TORN = b"torn"


class CrashedLog:
    """A log with two whole groups, and what it held before the second came, to be torn in any way."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "topic/0" / f"{0:020d}.ndjson"
        self.index = self.data.with_suffix(".index")
        log = open_local(folder, Clock())
        log.append(0, lines(*KEPT))
        self.data_before, self.index_before = self.data.read_bytes(), self.index.read_bytes()
        log.append(0, lines(TORN))
        self.data_after, self.index_after = self.data.read_bytes(), self.index.read_bytes()
        log.close()

    def recovers(self) -> None:
        reader, writer = open_local(self.folder, Clock()), open_local(self.folder, Clock())
        assert records(reader) == KEPT
        writer.append(0, b"next\n")
        assert self.data.read_bytes() == self.data_before + b"next\n"
        assert records(reader) == records(writer) == [*KEPT, b"next"]
        reader.close()
        writer.close()


@pytest.fixture
def crashed(tmp_path: Path) -> CrashedLog:
    return CrashedLog(tmp_path)


def test_data_without_its_entry_is_cut_whatever_its_length(crashed: CrashedLog) -> None:
    for length in range(len(crashed.data_before), len(crashed.data_after) + 1):
        crashed.data.write_bytes(crashed.data_after[:length])
        crashed.index.write_bytes(crashed.index_before)
        crashed.recovers()


def test_an_entry_that_was_written_in_part_is_cut(crashed: CrashedLog) -> None:
    for length in range(1, ENTRY_BYTES):
        crashed.data.write_bytes(crashed.data_after)
        crashed.index.write_bytes(crashed.index_after[: ENTRY_BYTES + length])
        crashed.recovers()


@pytest.mark.parametrize("garble", [lambda entry: bytes(len(entry)), lambda entry: entry[:16] + bytes(16)])
def test_an_entry_of_zeroes_is_cut(crashed: CrashedLog, garble: Callable[[bytes], bytes]) -> None:
    crashed.index.write_bytes(crashed.index_before + garble(crashed.index_after[ENTRY_BYTES:]))
    crashed.recovers()


def test_a_garbled_last_entry_is_cut_whichever_byte_is_wrong(crashed: CrashedLog) -> None:
    for position in range(ENTRY_BYTES, 2 * ENTRY_BYTES):
        garbled = bytearray(crashed.index_after)
        garbled[position] ^= 0x10
        crashed.data.write_bytes(crashed.data_after)
        crashed.index.write_bytes(garbled)
        crashed.recovers()


def test_an_empty_index_means_that_nothing_was_acknowledged(crashed: CrashedLog) -> None:
    crashed.index.write_bytes(b"")
    log = open_local(crashed.folder, Clock())
    assert log.end_offset(0) == 0
    log.append(0, b"first\n")
    assert records(log) == [b"first"]
    log.close()


def test_an_index_that_lost_more_than_a_crash_can_take_is_damage(crashed: CrashedLog) -> None:
    with crashed.data.open("r+b") as file:
        file.truncate(len(crashed.data_after) + MAX_GROUP_BYTES + 1)
    log = open_local(crashed.folder, Clock())
    with pytest.raises(LogError, match="have no entry"):
        log.append(0, b"next\n")
    assert crashed.data.stat().st_size == len(crashed.data_after) + MAX_GROUP_BYTES + 1
    log.close()


def test_an_open_writer_cuts_what_another_left_behind(crashed: CrashedLog) -> None:
    log = open_local(crashed.folder, Clock())
    log.append(0, b"third\n")
    with crashed.data.open("ab") as data, crashed.index.open("ab") as index:
        data.write(b"half a rec")
        index.write(b"half")
    log.append(0, b"fourth\n")
    assert records(log) == [*KEPT, TORN, b"third", b"fourth"]
    assert crashed.data.read_bytes().endswith(b"third\nfourth\n")
    log.close()


def test_a_segment_that_was_begun_and_never_used_is_used_next(tmp_path: Path) -> None:
    log = open_local(tmp_path, Clock(), segment_bytes=10)
    log.append(0, lines(b"more than ten bytes"))
    end = log.end_offset(0)
    for ending in ("ndjson", "index"):
        _segment(tmp_path, end, ending).touch()
        assert log.end_offset(0) == end
    _recovered(log, tmp_path)


def test_a_data_file_without_an_index_and_without_bytes_is_used_next(tmp_path: Path) -> None:
    log = open_local(tmp_path, Clock(), segment_bytes=10)
    log.append(0, lines(b"more than ten bytes"))
    _segment(tmp_path, log.end_offset(0), "ndjson").touch()
    _recovered(log, tmp_path)


def test_records_without_their_index_are_damage_not_a_leftover(tmp_path: Path) -> None:
    log = open_local(tmp_path, Clock(), segment_bytes=10)
    for _ in range(2):
        log.append(0, lines(b"more than ten bytes"))
    log.close()
    _segment(tmp_path, 20, "index").unlink()
    with pytest.raises(LogError, match="its index is missing"):
        log.append(0, b"over them\n")
    assert _segment(tmp_path, 20, "ndjson").read_bytes() == b"more than ten bytes\n"


def _segment(folder: Path, base: int, ending: str) -> Path:
    return folder / "topic/0" / f"{base:020d}.{ending}"


def _recovered(log: LocalLog, folder: Path) -> None:
    other = open_local(folder, Clock(), segment_bytes=10)
    other.append(0, b"from another writer\n")
    log.append(0, b"and again\n")
    assert records(log) == records(other) == [b"more than ten bytes", b"from another writer", b"and again"]
    log.close()
    other.close()
