"""`clickwatch batch`: what happened on a day, as reports and as the day's view in the store."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from clickwatch.batch.run import Outcome
from clickwatch.batch.steps import Step
from clickwatch.cli.days import parse_days
from clickwatch.cli.output import print_json_lines, say, say_whole
from clickwatch.cli.progress import step_progress
from clickwatch.cli.wording import elapsed, number_of
from clickwatch.domain.day import Day
from clickwatch.domain.window import SECOND
from clickwatch.settings import AppSettings, current_settings
from clickwatch.wiring.batch import run_day, run_step
from clickwatch.wiring.day_engines import DayEngineOf, Engine, day_engines
from clickwatch.wiring.home import Home

_STEPS = {step.value for step in Step}


def batch(
    date: Annotated[str, typer.Option(help="Which UTC day, YYYY-MM-DD.", metavar="DATE")],
    to: Annotated[
        str | None, typer.Option(help="The last of several days, YYYY-MM-DD.", metavar="DATE", show_default=False)
    ] = None,
    step: Annotated[
        list[Step] | None,
        typer.Option(help="Only this step, for a scheduler; those before it have been run. It may be said again."),
    ] = None,
    engine: Annotated[
        Engine | None, typer.Option(help="What computes the figures; by default BATCH_ENGINE.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per day.")] = False,
) -> None:
    """Report a day: segments, top products, conversion, a summary. Late events are included; again changes nothing."""
    days, settings = parse_days(date, to), current_settings()
    with day_engines(settings, engine or Engine(settings.batch_engine)) as engine_of:
        for day in days:
            for each in step or ():
                with step_progress(f"{day}") as update:
                    run_step(settings, day, each, update, engine_of)
            if not step:
                report(settings, day, engine_of, as_json=as_json)


def report(settings: AppSettings, day: Day, engine_of: DayEngineOf, *, as_json: bool = False) -> None:
    """Run the whole day, and say what came of it."""
    began = time.monotonic()
    with step_progress(f"{day}") as update:
        outcome = run_day(settings, day, lambda step: update(step) if step in _STEPS else None, engine_of)
    folder = Home(settings.clickwatch_home.expanduser().absolute()).reports
    took = time.monotonic() - began
    if as_json:
        print_json_lines([_facts(outcome, folder, took)])
        return
    show_outcome(outcome, folder, took)


def _facts(outcome: Outcome, folder: Path, took: float) -> dict[str, Any]:
    return {
        "day": str(outcome.day),
        "events": outcome.event_count,
        "complete": outcome.is_complete,
        "reports": [str(folder / name) for name in outcome.files],
        "seconds": round(took, 3),
    }


def show_outcome(outcome: Outcome, folder: Path, took: float) -> None:
    """The day in a line, and where its reports are."""
    events = number_of(outcome.event_count, "event", "events") if outcome.event_count else "no events"
    state = "complete" if outcome.is_complete else "provisional: not all of the day's events were there yet"
    say(f"{outcome.day}: {events}, reported in {elapsed(round(took * SECOND))}; {state}. The reports, in {folder}:")
    for name in outcome.files:
        say_whole(f"  {name}")
