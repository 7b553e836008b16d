"""Every promise of the page about governance names code and a test that are there."""

import re
from pathlib import Path

import pytest

from tests.support.repository import ROOT

PAGE = (ROOT / "docs" / "governance.md").read_text("utf-8")
PROMISES = re.findall(r"^\| (.+?) \| `([\w/]+\.py)` \| `(tests/[\w/]+\.py)` \|$", PAGE, re.MULTILINE)


def test_the_page_makes_promises() -> None:
    [table] = re.findall(r"^## Promises\n\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert len(PROMISES) == len(table.splitlines()) - 2 >= 15


@pytest.mark.parametrize(("promise", "module", "test"), PROMISES, ids=[promise for promise, _, _ in PROMISES])
def test_a_promise_is_kept_and_shown_somewhere(promise: str, module: str, test: str) -> None:
    assert (ROOT / "src" / "clickwatch" / module).is_file()
    assert re.search(r"^def test_", Path(ROOT / test).read_text("utf-8"), re.MULTILINE)
