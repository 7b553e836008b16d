"""Cutting bytes into whole lines, whatever the pieces they come in."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickwatch.errors import SourceError
from clickwatch.sources.lines import LineBlock, LineCutter

LONGEST = 5
TEXT = st.lists(st.sampled_from([b"\n", b"a", b"bc", b"\r", b"\x00"]), max_size=60).map(b"".join)


def in_pieces(text: bytes, size: int) -> Iterator[bytes]:
    return (text[at : at + size] for at in range(0, len(text), size))


@settings(deadline=None)
@given(text=TEXT, size=st.integers(1, LONGEST))
def test_lines_come_whole_and_numbered_and_the_too_long_ones_are_counted(text: bytes, size: int) -> None:
    cutter = LineCutter(LONGEST)
    blocks = list(cutter.blocks(in_pieces(text, size)))
    lines = [line + b"\n" for line in text.removesuffix(b"\n").split(b"\n")] if text else []
    kept = [(number, line) for number, line in enumerate(lines, 1) if len(line) <= LONGEST + 1]
    got = [
        (block.first_line + place, line) for block in blocks for place, line in enumerate(block.data.split(b"\n")[:-1])
    ]
    assert [line for _, line in kept] == [line + b"\n" for _, line in got]
    assert {block.first_line for block in blocks} <= {number for number, _ in kept}
    assert (cutter.lines, cutter.too_long) == (len(lines), len(lines) - len(kept))


def test_a_line_after_a_too_long_one_has_its_own_number() -> None:
    blocks = list(LineCutter(LONGEST).blocks([b"ab\nxx", b"xxx", b"xxx\nc\n", b"d"]))
    assert blocks == [LineBlock(b"ab\n", 1), LineBlock(b"c\n", 3), LineBlock(b"d\n", 4)]


def test_an_endless_line_is_not_kept_in_memory() -> None:
    cutter = LineCutter(1000)
    for _ in cutter.blocks(b"x" * 1000 for _ in range(100_000)):
        raise AssertionError("there is no line")
    assert (cutter.lines, cutter.too_long) == (1, 1)


def test_whole_lines_are_handed_on_before_an_error_of_the_source() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"a\nb"
        raise SourceError("It breaks off")

    got: list[bytes] = []
    with pytest.raises(SourceError):
        got.extend(block.data for block in LineCutter().blocks(pieces()))
    assert got == [b"a\n"]
