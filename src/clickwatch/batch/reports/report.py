"""What every report is."""

from typing import Protocol

from clickwatch.batch.results import DayResults
from clickwatch.domain.day import Day


class Report(Protocol):
    """One file of a day's set."""

    @property
    def has_user_rows(self) -> bool:
        """Whether it has rows about single users, which are kept no longer than their events."""

    def file_name(self, day: Day) -> str:
        """The name of its file for a day."""

    def render(self, results: DayResults) -> bytes:
        """Its whole content, UTF-8: a function of the results alone."""
