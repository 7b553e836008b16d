"""The day's page in a real browser: it fits, shows what it says, and asks nobody for anything."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from clickwatch.batch.reports.factory import ReportFactory
from tests.support.browser import Visit, chromium
from tests.support.day_results import HOSTILE, busy_day, results

WIDTHS = (1280, 768, 375)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A usual day, one with hostile names, one without events."""
    report = ReportFactory.create("daily_summary_html")
    folder = tmp_path_factory.mktemp("pages")
    days = {
        "usual": results(busy_day()),
        "hostile": results(busy_day(HOSTILE[-5:], [*HOSTILE, "w" * 128])),
        "empty": results(),
    }
    for name, day in days.items():
        (folder / f"{name}.html").write_bytes(report.render(day))
    return {name: folder / f"{name}.html" for name in days}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["usual", "hostile", "empty"])
def test_the_page_fits_its_window_and_asks_for_nothing_else(
    browser: Browser, pages: dict[str, Path], name: str, width: int
) -> None:
    visit = Visit.to(browser, pages[name], width)
    assert visit.width() <= width
    assert visit.requests == [pages[name].as_uri()]
    assert visit.complaints == []
    visit.page.close()


def test_the_charts_are_drawn_to_scale(browser: Browser, pages: dict[str, Path]) -> None:
    visit = Visit.to(browser, pages["usual"], WIDTHS[0])
    heights = {
        title: visit.page.locator(f'.column[title^="{title}"] .view').bounding_box() for title in ("07:00", "23:00")
    }
    seven, eleven = heights["07:00"], heights["23:00"]
    assert seven is not None and eleven is not None
    assert seven["height"] > 100
    assert eleven["height"] / seven["height"] == pytest.approx(250 / 1000, rel=0.05)
    bars = [bar.bounding_box() for bar in visit.page.locator(".products .bar").all()]
    assert len(bars) == 2 and all(bar is not None and bar["width"] > 100 for bar in bars)
    visit.page.close()


def test_hostile_names_are_shown_as_they_are(browser: Browser, pages: dict[str, Path]) -> None:
    visit = Visit.to(browser, pages["hostile"], WIDTHS[0])
    for category in HOSTILE:
        assert visit.page.get_by_text(category.replace("\u202e", "\\u202e"), exact=True).first.is_visible()
    visit.page.close()


def test_the_page_prints_on_paper_without_being_cut(browser: Browser, pages: dict[str, Path], tmp_path: Path) -> None:
    visit = Visit.to(browser, pages["hostile"], WIDTHS[0])
    visit.page.emulate_media(media="print")
    a4 = 794  # pixels of 96 to the inch
    visit.page.set_viewport_size({"width": a4, "height": 1123})
    assert visit.width() <= a4
    assert visit.page.locator(".conversion").is_visible()
    assert visit.page.locator("details").first.is_hidden()
    visit.page.pdf(path=tmp_path / "day.pdf", format="A4")
    assert (tmp_path / "day.pdf").read_bytes().startswith(b"%PDF")
    visit.page.close()
