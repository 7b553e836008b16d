"""Reading a data set: plain, gzipped, damaged, or not there at all."""

import gzip
import os
import threading
from pathlib import Path

import pytest

from clickwatch.errors import SourceError
from clickwatch.sources.opening import PIECE, InputFile

TEXT = b"".join(b"line %d\n" % number for number in range(20_000))


def never() -> bool:
    return False


def read(path: Path) -> bytes:
    with InputFile(str(path), never) as source:
        return b"".join(source.pieces())


@pytest.mark.parametrize("content", [b"", b"a", b"\n", b"\x1f", b"\x1f\x8a\n", TEXT])
def test_a_plain_file_is_read_as_it_is(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "events.gz").write_bytes(content)  # the name does not decide
    assert read(tmp_path / "events.gz") == content


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(TEXT),
        gzip.compress(TEXT, compresslevel=0),
        gzip.compress(TEXT[:70_000]) + gzip.compress(b"") + gzip.compress(TEXT[70_000:]),
        gzip.compress(TEXT) + b"\0" * 1000,
    ],
    ids=["one member", "stored", "three members", "padded"],
)
def test_gzip_is_known_by_its_content(tmp_path: Path, packed: bytes) -> None:
    (tmp_path / "events").write_bytes(packed)
    assert read(tmp_path / "events") == TEXT


def test_what_unpacks_to_very_much_comes_in_pieces(tmp_path: Path) -> None:
    (tmp_path / "zeros").write_bytes(gzip.compress(b"\0" * (5 * PIECE + 1)))
    with InputFile(str(tmp_path / "zeros"), never) as source:
        sizes = [len(piece) for piece in source.pieces()]
    assert sum(sizes) == 5 * PIECE + 1 and max(sizes) <= PIECE


@pytest.mark.parametrize("kept", [3, 10, 1000, -1, -8])
def test_a_gzip_stream_that_breaks_off_gives_what_it_has_and_then_an_error(tmp_path: Path, kept: int) -> None:
    (tmp_path / "torn").write_bytes(gzip.compress(TEXT)[:kept])
    got = b""
    with InputFile(str(tmp_path / "torn"), never) as source, pytest.raises(SourceError, match="breaks off"):
        for piece in source.pieces():
            got += piece
    assert TEXT.startswith(got) and bool(got) == (kept not in (3, 10))


def test_a_damaged_gzip_stream_is_an_error(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(TEXT))
    packed[-6] ^= 1  # in the checksum
    (tmp_path / "bad").write_bytes(packed)
    with pytest.raises(SourceError, match="is damaged"):
        read(tmp_path / "bad")


def test_the_position_counts_packed_bytes(tmp_path: Path) -> None:
    packed = gzip.compress(TEXT)
    (tmp_path / "events").write_bytes(packed)
    with InputFile(str(tmp_path / "events"), never) as source:
        assert (source.position, source.total) == (0, len(packed))
        for _ in source.pieces():
            pass
        assert source.position == len(packed)


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_what_cannot_be_opened_is_an_error_with_a_cure(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError) as refused, InputFile(str(tmp_path / name), never):
        pass
    assert refused.value.cure


def test_a_pipe_hands_on_what_it_has_without_waiting_for_more(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    first_came = threading.Event()

    def write() -> None:
        with (tmp_path / "pipe").open("wb", buffering=0) as pipe:
            pipe.write(b"first\n")
            assert first_came.wait(30)
            pipe.write(b"second\n")

    writer = threading.Thread(target=write)
    writer.start()
    with InputFile(str(tmp_path / "pipe"), never) as source:
        pieces = source.pieces()
        assert (next(pieces), source.total) == (b"first\n", None)
        first_came.set()
        assert b"".join(pieces) == b"second\n"
    writer.join()


def test_a_silent_pipe_ends_when_stopping(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    asked = iter([False, False, True, True])
    keeper = os.open(tmp_path / "pipe", os.O_RDWR)
    with InputFile(str(tmp_path / "pipe"), lambda: next(asked)) as source:
        assert list(source.pieces()) == []
    os.close(keeper)
