"""`clickwatch wait`: until a day is complete, so that what comes after it may begin."""

from typing import Annotated

import typer

from clickwatch.cli.days import parse_day, parse_span
from clickwatch.cli.output import say
from clickwatch.cli.progress import step_progress
from clickwatch.domain.day import Day
from clickwatch.settings import AppSettings, current_settings
from clickwatch.wiring.waiting import Patience, wait_for_day

LONGEST_WAIT = "2h"


def wait(
    date: Annotated[str, typer.Option(help="Which UTC day, YYYY-MM-DD.", metavar="DATE")],
    longest: Annotated[
        str, typer.Option("--for", help="Give up after this time, such as 30m or 2h.", metavar="TIME")
    ] = LONGEST_WAIT,
) -> None:
    """Wait until a day is complete; exit code 1 if it is not in time, or nothing is at work on it for five minutes."""
    waited(current_settings(), parse_day(date, "--date"), Patience(parse_span(longest, "--for")))


def waited(settings: AppSettings, day: Day, patience: Patience) -> bool:
    """Wait, and say that the day is complete, which is always so in the end: else an error is raised."""
    with step_progress(f"{day}") as update:
        update("waiting until it is complete")
        wait_for_day(settings, day, patience)
    say(f"{day} is complete.")
    return True
