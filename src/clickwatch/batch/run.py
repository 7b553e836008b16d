"""A day's run: the steps of `steps.py`, one after another or each by itself, handing on through the staging folder."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from clickwatch.archive.integrity import check_bytes
from clickwatch.batch.cut import Cut, CutSources, take_cut
from clickwatch.batch.engine import DayEngine, DayInput
from clickwatch.batch.publishing import Publisher
from clickwatch.batch.queries import DAY_TOTALS, QUERIES
from clickwatch.batch.reports.factory import ReportFactory
from clickwatch.batch.results import DayResults
from clickwatch.batch.staging import Staging
from clickwatch.batch.steps import QUERIES_OF, Step
from clickwatch.batch.view import rows_of_view
from clickwatch.domain.day import Day

_SPEED = "speed_totals"
_REPORTS = "reports"
FIGURES = (Step.USER_SEGMENTS, Step.TOP_PRODUCTS, Step.CONVERSION_RATES, Step.TOTALS)


@dataclass(frozen=True)
class Outcome:
    """What a run made of its day: accepted events, and the names of the reports."""

    day: Day
    is_complete: bool
    event_count: int
    files: tuple[str, ...]


@dataclass(frozen=True)
class DayRun:
    """One run of one day. `archive` is the archive's folder; `engine_of` makes the engine for some input."""

    day: Day
    archive: Path
    staging: Staging
    sources: CutSources
    engine_of: Callable[[DayInput], DayEngine]
    publisher: Publisher

    def take_cut(self) -> None:
        """Begin: decide what counts. Earlier results count no longer."""
        cut, speed = take_cut(self.day, self.sources)
        self.staging.begin(cut)
        self.staging.keep(_SPEED, cut, speed)

    def compute(self, *steps: Step) -> None:
        """The figures of some steps. Raises ArchiveError, which names it, if a file of the day is damaged."""
        cut = self._cut()
        files = tuple(check_bytes(self.archive / file for file in cut.files))
        engine = self.engine_of(DayInput(files, cut.epoch))
        try:
            for query in (query for step in steps for query in QUERIES_OF[step]):
                self.staging.keep(query.name, cut, engine.run(query))
        finally:
            engine.close()

    def write_reports(self) -> None:
        """Render all reports, where nobody sees them yet."""
        cut = self._cut()
        results = self._results(cut)
        reports = [ReportFactory.create(name) for name in ReportFactory.names()]
        files = {report.file_name(self.day): report.render(results) for report in reports}
        name = self.publisher.shelf.stage(self.day, files)
        self.staging.keep(_REPORTS, cut, pa.table({"set": [name]}))

    def publish(self) -> None:
        """Let reports and view take the place of the day's."""
        cut = self._cut()
        [report_set] = self.staging.result(_REPORTS, cut)["set"].to_pylist()
        rows = rows_of_view(self._results(cut), self.staging.result(_SPEED, cut))
        self.publisher.publish(cut, report_set, rows)

    def end(self) -> Outcome:
        """After all steps: what came of it. Nothing stays in the staging folder."""
        cut = self._cut()
        [events] = self.staging.result(DAY_TOTALS.name, cut)["event_count"].to_pylist()
        self.staging.clear()
        return Outcome(self.day, cut.is_complete, events, tuple(self.publisher.shelf.files(self.day)))

    def _cut(self) -> Cut:
        return self.staging.cut(self.day)

    def _results(self, cut: Cut) -> DayResults:
        tables = {query.name: self.staging.result(query.name, cut) for query in QUERIES}
        return DayResults(self.day, cut.is_complete, tables)
