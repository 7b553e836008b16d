"""`clickwatch stream`: the pipeline, with a live table on a terminal and a line of figures elsewhere."""

import time
from typing import Annotated

import typer

from clickwatch.cli.live import LiveView
from clickwatch.cli.output import notes
from clickwatch.cli.stopping import StopOnSignal
from clickwatch.cli.wording import number_of
from clickwatch.settings import current_settings
from clickwatch.speed.effects import EpochReport
from clickwatch.wiring.beginning import Watch
from clickwatch.wiring.day_engines import Engine
from clickwatch.wiring.engines import stream_engine
from clickwatch.wiring.log_kinds import LogKind
from clickwatch.wiring.pipeline import run_stream


class Tally:
    """Counts over all epochs of a run."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.epochs = self.received = self.accepted = self.duplicates = self.rejected = self.late = 0

    def add(self, report: EpochReport) -> None:
        """Take in one epoch."""
        self.epochs += 1
        self.received += report.received
        self.accepted += report.accepted
        self.duplicates += report.duplicates
        self.rejected += report.rejected
        self.late += report.late

    def short_line(self) -> str:
        """What became of the records, short enough for a line of the live table."""
        return (
            f"{self.received:,} records: {self.accepted:,} accepted ({self.late:,} late), "
            f"{self.duplicates:,} duplicate, {self.rejected:,} rejected"
        )

    def line(self) -> str:
        """The run in one line."""
        seconds = max(time.monotonic() - self._began, 1e-9)
        read = f"{number_of(self.received, 'record', 'records')} in {number_of(self.epochs, 'epoch', 'epochs')}"
        return (
            f"{read}, {seconds:.1f} s "
            f"({self.received / seconds:,.0f}/s): {self.accepted:,} accepted ({self.late:,} late), "
            f"{self.duplicates:,} duplicate, {self.rejected:,} rejected"
        )


def stream(
    engine: Annotated[Engine, typer.Option(help="What processes the log.")] = Engine.EMBEDDED,
    source: Annotated[
        LogKind, typer.Option("--from", help="Where the log is kept: in this home's files, or by Kafka.")
    ] = LogKind.LOG,
    until_caught_up: Annotated[
        bool, typer.Option("--until-caught-up", help="Stop when what the log holds now is processed.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No live table and no closing line.")] = False,
) -> None:
    """Process the log: windows, alerts, accounting, archive. Ctrl-C stops cleanly; the next run goes on there."""
    settings = current_settings()
    tally = Tally()
    with (
        StopOnSignal() as stopping,
        stream_engine(settings, engine) as goes_on,
        LiveView.on_terminal(settings, quiet) as view,
    ):

        def heard(report: EpochReport) -> None:
            tally.add(report)
            view.update(report, tally.short_line())

        watch = Watch(on_epoch=heard)
        run_stream(settings, stopping.event, until_caught_up=until_caught_up, watch=watch, kind=source, engine=goes_on)
    if not quiet:
        notes.print(f"{'Stopped' if stopping() else 'Caught up'}: {tally.line()}")
