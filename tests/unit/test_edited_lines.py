"""Reading an edited file: numbered lines within bounds."""

from pathlib import Path

import pytest

from clickwatch.errors import RepairError
from clickwatch.repair.document import MAX_LINE_BYTES
from clickwatch.repair.lines import MAX_FILE_BYTES, Line, edited_file


def lines(path: Path) -> list[Line]:
    with edited_file(path) as edited:
        found = list(edited.lines(until=lambda: False))
        assert edited.position == edited.size == path.stat().st_size
    return found


def test_lines_have_their_numbers_and_blank_ones_hold_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\none\r\n \t\n\xff\x00\n\nlast")
    assert lines(path) == [Line(2, b"one\r"), Line(4, b"\xff\x00"), Line(6, b"last")]


@pytest.mark.parametrize("end", [b"", b"\n", b"\nafter"])
@pytest.mark.parametrize("over", [0, 1, MAX_LINE_BYTES, 3 * MAX_LINE_BYTES])
def test_a_line_that_is_too_long_is_known_by_its_number_alone(tmp_path: Path, over: int, end: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before\n" + b"x" * (MAX_LINE_BYTES + over) + end)
    whole = Line(2, None if over else b"x" * MAX_LINE_BYTES)
    assert lines(path) == [Line(1, b"before"), whole, *([Line(3, b"after")] if end.endswith(b"r") else [])]


def test_reading_ends_when_somebody_says_so(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"1\n2\n3\n")
    stop: list[Line] = []
    with edited_file(path) as edited:
        for line in edited.lines(until=lambda: len(stop) == 2):
            stop.append(line)
    assert [line.number for line in stop] == [1, 2]


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(RepairError, match=r"file is larger than 1 GiB\. Split it"), edited_file(path):
        pytest.fail("it is too large")


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(RepairError, match=r"cannot be read: .*quarantine export"), edited_file(path):
            pytest.fail("there is nothing to read")
