"""The `clickwatch` command: the groups put together, and errors as one clear line."""

import io
import sys

import typer

from clickwatch.cli import views
from clickwatch.cli.alerts import alerts
from clickwatch.cli.batch import batch
from clickwatch.cli.demo import demo
from clickwatch.cli.night import night
from clickwatch.cli.notify import notify
from clickwatch.cli.produce import produce
from clickwatch.cli.quarantine import quarantine
from clickwatch.cli.reconcile import reconcile
from clickwatch.cli.replay import replay
from clickwatch.cli.retention import retention
from clickwatch.cli.schedule import schedule
from clickwatch.cli.score import score
from clickwatch.cli.segments import segments
from clickwatch.cli.stream import stream
from clickwatch.cli.totals import totals
from clickwatch.cli.wait import wait
from clickwatch.domain.plain_text import printable
from clickwatch.errors import ClickwatchError

app = typer.Typer(
    name="clickwatch",
    help="Watches a shop: windows, alerts and the day, from one log of clicks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(demo)
app.command()(produce)
app.command()(replay)
app.command()(stream)
app.command()(wait)
app.command()(batch)
app.command("windows")(views.list_windows)
app.add_typer(alerts, name="alerts")
app.command()(views.accounting)
app.command()(totals)
app.command()(segments)
app.command()(reconcile)
app.command()(score)
app.command()(notify)
app.command()(night)
app.command()(schedule)
app.command()(retention)
app.add_typer(quarantine, name="quarantine")


def main() -> None:
    """Run the command line; an error that an operator can act on is one line and a non-zero exit."""
    _write_what_the_terminal_can()
    try:
        app()
    except ClickwatchError as error:
        print(f"clickwatch: {printable(str(error))}", file=sys.stderr)
        sys.exit(error.exit_code)


def _write_what_the_terminal_can() -> None:
    """What the encoding of standard output lacks is written as an escape, and is no reason to fail."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
