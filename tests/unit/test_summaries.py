"""The day's summaries: what they say, and that nothing in them is more than text."""

from collections.abc import Mapping
from html.parser import HTMLParser

import pytest

from clickwatch.batch.queries import CONVERSION_RATES, DAY_TOTALS
from clickwatch.batch.reports.factory import ReportFactory
from tests.support.day_results import DAY, HOSTILE, Rows, busy_day, results

TEXT, HTML = "daily_summary_text", "daily_summary_html"


def rendered(name: str, rows: Mapping[str, Rows] | None = None, is_complete: bool = True) -> str:
    return ReportFactory.create(name).render(results(rows, is_complete=is_complete)).decode()


class Page(HTMLParser):
    """The elements of a page, its attributes and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_text_says_the_day_in_a_few_lines() -> None:
    assert (
        rendered(TEXT, busy_day())
        == """\
clickwatch: Monday, 26 January 2026 (UTC)

The day
  Events                      1,269   (12 of them late)
  Users                           4
  Views                       1,254
  Added to cart                   3
  Taken out                      11
  Purchases                       1
  Conversion                  0.08%   (purchases per view)
  Revenue                  1,234.50   EUR
  Revenue        99,999,999,999.9999   JPY
  Revenue                      5.00   (no currency given)

Users by segment
  Buyer                           1    25.0%
  Cart Abandoner                  1    25.0%
  Window Shopper                  2    50.0%

The most viewed products
  1. PROD_001 (toys): 999 views
  2. PROD_002 (tvs): 998 views

Conversion by category
     1.99%  tvs: 4 purchases of 201 views
     1.50%  toys: 3 purchases of 200 views

Tables: user_segments_20260126.csv, top_products_20260126.csv, conversion_rates_20260126.csv
"""
    )


def test_a_day_without_events_says_so() -> None:
    assert (
        rendered(TEXT)
        == """\
clickwatch: Monday, 26 January 2026 (UTC)

No events on this day.

Tables: user_segments_20260126.csv, top_products_20260126.csv, conversion_rates_20260126.csv
"""
    )
    page = Page(rendered(HTML))
    assert "No events on this day" in page.text and "Traffic" not in page.text


@pytest.mark.parametrize("name", [TEXT, HTML])
def test_a_day_that_is_not_whole_is_called_provisional(name: str) -> None:
    assert "provisional" in rendered(name, busy_day(), is_complete=False).replace('class="state', "").lower()
    assert "Provisional: the day" not in rendered(name, busy_day())
    assert "PROVISIONAL" not in rendered(name, busy_day())


def test_a_day_of_removals_alone_has_figures_and_no_rate() -> None:
    totals: dict[str, Rows] = {DAY_TOTALS.name: [[2, 0, 1, 0, 0, 2, 0]], CONVERSION_RATES.name: [["tvs", 0, 0]]}
    text = rendered(TEXT, totals)
    assert "Conversion                      -   (purchases per view)" in text
    assert "None was viewed." in text
    assert "–" in Page(rendered(HTML, totals)).text


def test_many_categories_are_cut_and_the_rest_is_counted() -> None:
    rows = busy_day(categories=[f"category {number:02d}" for number in range(57)])
    text = rendered(TEXT, rows)
    assert "… and 37 more categories in conversion_rates_20260126.csv" in text
    assert "category 56: 59 purchases of 256 views" in text and "category 02:" not in text, "the most viewed are shown"
    assert "The 20 most viewed of 57 categories" in Page(rendered(HTML, rows)).text


def test_hostile_names_are_text_in_the_text() -> None:
    for start in range(0, len(HOSTILE), 5):
        text = rendered(TEXT, busy_day(HOSTILE[start : start + 5], HOSTILE))
        assert not any(control in text for control in "\x1b\x9b\u202e\r\0")
        for product in HOSTILE[start : start + 5]:
            assert product.replace("\u202e", "\\u202e") in text


def test_hostile_names_are_text_on_the_page() -> None:
    plain = Page(rendered(HTML, busy_day(["p"] * 5, [f"c{n}" for n in range(len(HOSTILE))])))
    for start in range(0, len(HOSTILE), 5):
        products = HOSTILE[start : start + 5]
        page = Page(rendered(HTML, busy_day([*products, *["p"] * (5 - len(products))], HOSTILE)))
        assert page.elements == plain.elements, "no name makes an element"
        assert {name for name, _ in page.attributes} == {name for name, _ in plain.attributes}
        assert "\u202e" not in page.text
        for product in products:
            assert product.replace("\u202e", "\\u202e") in page.text


def test_the_page_asks_for_nothing_from_elsewhere_and_runs_nothing() -> None:
    text = rendered(HTML, busy_day())
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "object", "embed", "form"} & set(page.elements)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("src", "srcset")]
    links = [value for name, value in page.attributes if name == "href"]
    assert links == list(ReportFactory.table_files(DAY))
    assert "url(" not in text and "@import" not in text and "http" not in text
