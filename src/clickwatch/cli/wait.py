"""`clickwatch wait`: until a day is complete, so that what comes after it may begin."""

from typing import Annotated

import typer

from clickwatch.cli.days import parse_day, parse_span
from clickwatch.cli.output import say
from clickwatch.cli.progress import step_progress
from clickwatch.domain.day import Day
from clickwatch.domain.window import HOUR
from clickwatch.settings import AppSettings, current_settings
from clickwatch.wiring.day_waiting import DayPatience, wait_for_day


def wait(
    date: Annotated[str, typer.Option(help="Which UTC day, YYYY-MM-DD.", metavar="DATE")],
    longest: Annotated[
        str | None,
        typer.Option(
            "--for",
            help="Give up after this time, such as 30m; by default 2h after SPARK_WATERMARK_DELAY.",
            metavar="TIME",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Wait until a day is complete; exit code 1 if it is not in time, or nothing is at work on it for five minutes."""
    settings = current_settings()
    waited(settings, parse_day(date, "--date"), patience(settings, longest))


def patience(settings: AppSettings, longest: str | None, after_stragglers: int = 2 * HOUR) -> DayPatience:
    """What `--for` says; without it, such that 02:00 is not too early, however long stragglers are waited for."""
    whole = settings.spark_watermark_delay + after_stragglers if longest is None else parse_span(longest, "--for")
    return DayPatience(whole)


def waited(settings: AppSettings, day: Day, patience: DayPatience) -> bool:
    """Wait, and say that the day is complete, which is always so in the end: else an error is raised."""
    with step_progress(f"{day}") as update:
        update("waiting until it is complete")
        wait_for_day(settings, day, patience)
    say(f"{day} is complete.")
    return True
