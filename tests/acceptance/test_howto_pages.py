"""What the how-to pages tell people to run works as it stands there, and prints what they show."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.pages import Block, PageReader, blocks, is_printed
from tests.support.repository import ROOT

PAGES = [ROOT / "docs" / f"howto-{name}.md" for name in ("replay", "rerun", "repair", "archive")]
RUN = ("sh", "python")


def shown_after(page: list[Block]) -> Iterator[tuple[Block, str | None]]:
    """Each block that is to be run, and what the page shows of its output, if it does."""
    for block, following in pairwise([*page, Block("end", "")]):
        if block.kind in RUN:
            yield block, following.text if following.kind == "text" else None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_run_from_top_to_bottom_prints_what_it_shows(page: Path, tmp_path: Path) -> None:
    reader = PageReader(tmp_path)
    steps = list(shown_after(blocks(page)))
    assert len(steps) >= 4 and any(shown for _, shown in steps)
    for block, shown in steps:
        output = reader.run(block)
        assert shown is None or is_printed(shown, output), f"{block.text}prints\n{output}and the page shows\n{shown}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_only_blocks_that_are_run_or_compared(page: Path) -> None:
    assert {block.kind for block in blocks(page)} <= {*RUN, "text"}
    assert page.read_text("utf-8").count("```") == 2 * len(blocks(page))


@pytest.mark.parametrize(
    ("shown", "output", "same"),
    [
        ("a\n", "a   \n", True),
        ("took …\nb\n", "took 3 s\nb\n", True),
        ("took …\n", "took 3 s\nb\n", False),
        ("a\n…\nd\n", "a\nb\nc\nd\n", True),
        ("a\n…\n", "a\n", True),
        ("1 event\n", "2 events\n", False),
    ],
)
def test_what_a_page_leaves_out_may_be_anything_and_all_else_may_not(shown: str, output: str, same: bool) -> None:
    assert is_printed(shown, output) is same
