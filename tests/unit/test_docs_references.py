"""What the documentation points to is there: places in other pages, modules, tests."""

import re
from pathlib import Path

import pytest

from tests.support.pages import blocks
from tests.support.repository import ROOT, documentation

PACKAGE = ROOT / "src" / "clickwatch"
_PLACE = re.compile(r"\]\(([^)#:\s]*)#([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_MODULE_FILE = re.compile(r"`([a-z_]\w*(?:/\w+)+\.py)`")
_MODULE_NAME = re.compile(r"\bclickwatch((?:\.[a-z_]+)+)\b")


@pytest.fixture(params=documentation(), ids=lambda page: page.relative_to(ROOT).as_posix())
def page(request: pytest.FixtureRequest) -> Path:
    """Each page of the documentation."""
    return Path(request.param)


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(prose)}


def missing_modules(text: str) -> list[str]:
    """The modules that a text names, as a path or with dots, that are not there."""
    files = [name for name in _MODULE_FILE.findall(text) if not any((at / name).is_file() for at in (PACKAGE, ROOT))]
    dotted = [PACKAGE.joinpath(*name.split(".")[1:]) for name in _MODULE_NAME.findall(text)]
    return files + [str(at) for at in dotted if not (at.is_dir() or at.with_suffix(".py").is_file())]


def test_every_place_in_a_page_that_a_page_links_to_is_there(page: Path) -> None:
    links = _PLACE.findall(page.read_text("utf-8"))
    targets = [(page.parent / name if name else page, anchor) for name, anchor in links]
    assert [f"{path.name}#{anchor}" for path, anchor in targets if anchor not in anchors(path.read_text("utf-8"))] == []


def test_every_module_that_a_page_names_is_there(page: Path) -> None:
    assert missing_modules(page.read_text("utf-8")) == []


def test_a_module_that_is_not_there_is_noticed() -> None:
    text = "`domain/day.py`, `domain/night.py`, `tests/conftest.py`, clickwatch.domain.day and clickwatch.domain.night"
    assert missing_modules(text) == ["domain/night.py", str(PACKAGE / "domain" / "night")]


def test_headings_become_anchors_as_on_github() -> None:
    assert anchors("# One value: `AppSettings`\n\n```sh\n# no heading\n```\n\n## allowed lateness\n") == {
        "one-value-appsettings",
        "allowed-lateness",
    }


def test_every_fence_of_a_page_is_closed(page: Path) -> None:
    assert page.read_text("utf-8").count("```") == 2 * len(blocks(page))
