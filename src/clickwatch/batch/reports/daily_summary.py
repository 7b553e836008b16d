"""The day's summaries: plain text, ready to be mailed, and a page with charts, one file without anything from outside.

The page draws its charts with the browser's own layout: a bar is a box whose length is a share of its cell. So it needs
no script, prints as it looks, and reads as tables where nothing is drawn.
"""

from collections.abc import Callable
from decimal import Decimal

from jinja2 import Environment, PackageLoader, StrictUndefined

from clickwatch.batch.reports.summary import summarised
from clickwatch.batch.results import DayResults
from clickwatch.domain.day import Day
from clickwatch.domain.plain_text import printable

FileNames = Callable[[Day], tuple[str, ...]]


class TextSummary:
    """`daily_summary_YYYYMMDD.txt`."""

    has_user_rows = False

    def __init__(self, table_files: FileNames) -> None:
        """`table_files` names the tables of a day."""
        self._table_files = table_files

    def file_name(self, day: Day) -> str:
        """See `Report`."""
        return f"daily_summary_{day.compact}.txt"

    def render(self, results: DayResults) -> bytes:
        """See `Report`."""
        return _rendered("daily_summary.txt", results, self._table_files)


class HtmlSummary:
    """`daily_summary_YYYYMMDD.html`."""

    has_user_rows = False

    def __init__(self, table_files: FileNames) -> None:
        """`table_files` names the tables of a day."""
        self._table_files = table_files

    def file_name(self, day: Day) -> str:
        """See `Report`."""
        return f"daily_summary_{day.compact}.html"

    def render(self, results: DayResults) -> bytes:
        """See `Report`."""
        return _rendered("daily_summary.html", results, self._table_files)


def _rendered(template: str, results: DayResults, table_files: FileNames) -> bytes:
    summary = summarised(results, table_files(results.day))
    return _ENVIRONMENT.get_template(template).render(day=summary).encode()


def _whole(count: int) -> str:
    return f"{count:,}"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _percent(share: float) -> str:
    """A share of 0 to 1 in per cent, one decimal."""
    return f"{share * 100:.1f}%"


def _length(share: float) -> str:
    """A share as the length of a bar; what is there at all can be seen."""
    return f"{max(share * 100, 0.6 if share else 0):.2f}%"


def _money(amount: Decimal) -> str:
    """An amount with two decimals, or four where it has them."""
    cents = amount.quantize(Decimal("0.01"))
    return f"{cents if cents == amount else amount:,}"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("clickwatch.batch.reports"),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "bar_length": _length,
        "counted": _counted,
        "money": _money,
        "percent": _percent,
        "shown": printable,
        "whole": _whole,
    }
    return environment


_ENVIRONMENT = _environment()
