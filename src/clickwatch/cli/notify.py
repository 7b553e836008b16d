"""`clickwatch notify`: the summary of a day, to the people who get the alerts."""

from typing import Annotated

import typer

from clickwatch.cli.days import parse_day
from clickwatch.cli.output import notes, say
from clickwatch.domain.day import Day
from clickwatch.domain.plain_text import printable
from clickwatch.settings import AppSettings, current_settings
from clickwatch.wiring.notifying import Notified
from clickwatch.wiring.notifying import notify as send


def notify(
    date: Annotated[str, typer.Option(help="Which UTC day, YYYY-MM-DD.", metavar="DATE")],
) -> None:
    """Send a reported day's summary through each handler of ALERT_HANDLERS, once; exit code 1 if one fails."""
    raise typer.Exit(0 if notified(current_settings(), parse_day(date, "--date")) else 1)


def notified(settings: AppSettings, day: Day) -> bool:
    """Send it, and say what became of it; whether all handlers have taken it."""
    if not settings.alert_handlers:
        say(f"{day}: ALERT_HANDLERS is empty, so the summary goes to nobody.")
    all_taken = True
    for each in send(settings, day):
        all_taken &= each.problem is None
        _show(day, each)
    return all_taken


def _show(day: Day, each: Notified) -> None:
    where = f"{each.handler} ({each.place})"
    if each.problem is not None:
        notes.print(printable(f"clickwatch: {where}: {each.problem}"))
    else:
        say(f"{day}: the summary {'was sent before' if each.was_sent else 'is sent'}: {where}")
