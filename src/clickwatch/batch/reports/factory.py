"""Makes the reports of a day by name (the factory pattern): the one place that knows which there are."""

from collections.abc import Callable

from clickwatch.batch.reports.csv_tables import ConversionRates, top_products, user_segments
from clickwatch.batch.reports.daily_summary import HtmlSummary, TextSummary
from clickwatch.batch.reports.report import Report
from clickwatch.domain.day import Day


class ReportFactory:
    """Knows each report by its name."""

    _MAKERS: dict[str, Callable[[], Report]] = {  # noqa: RUF012 - nobody changes it
        "user_segments": user_segments,
        "top_products": top_products,
        "conversion_rates": ConversionRates,
        "daily_summary_text": lambda: TextSummary(ReportFactory.table_files),
        "daily_summary_html": lambda: HtmlSummary(ReportFactory.table_files),
    }
    _TABLES = ("user_segments", "top_products", "conversion_rates")

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of all reports."""
        return tuple(cls._MAKERS)

    @classmethod
    def create(cls, name: str) -> Report:
        """The report of that name. Raises KeyError for an unknown one."""
        return cls._MAKERS[name]()

    @classmethod
    def table_files(cls, day: Day) -> tuple[str, ...]:
        """The file names of a day's tables, which its summaries point to."""
        return tuple(cls.create(name).file_name(day) for name in cls._TABLES)
