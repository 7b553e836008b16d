"""`clickwatch batch`: what happened on a day, as reports and as the day's view in the store."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from clickwatch.batch.run import Outcome
from clickwatch.batch.steps import Step
from clickwatch.cli.days import parse_day
from clickwatch.cli.output import print_json_lines, say, say_whole
from clickwatch.cli.progress import step_progress
from clickwatch.cli.wording import elapsed, number_of
from clickwatch.domain.day import Day
from clickwatch.domain.window import SECOND
from clickwatch.settings import AppSettings, current_settings
from clickwatch.wiring.batch import run_day, run_step
from clickwatch.wiring.engines import DayEngineOf, Engine, day_engines
from clickwatch.wiring.home import Home

_STEPS = {step.value for step in Step}


def batch(
    date: Annotated[str, typer.Option(help="Which UTC day, YYYY-MM-DD.", metavar="DATE")],
    to: Annotated[
        str | None, typer.Option(help="The last of several days, YYYY-MM-DD.", metavar="DATE", show_default=False)
    ] = None,
    step: Annotated[
        Step | None, typer.Option(help="Only this step, for a scheduler; those before it have been run.")
    ] = None,
    engine: Annotated[Engine, typer.Option(help="What computes the figures.")] = Engine.EMBEDDED,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per day.")] = False,
) -> None:
    """Report a day: segments, top products, conversion, a summary. Late events are included; again changes nothing."""
    first = parse_day(date, "--date")
    last = first if to is None else parse_day(to, "--to")
    if last < first:
        raise typer.BadParameter(f"{last} is before {first}", param_hint="--to")
    settings = current_settings()
    with day_engines(settings, engine) as engine_of:
        for day in first.through(last):
            if step is not None:
                with step_progress(f"{day}") as update:
                    run_step(settings, day, step, update, engine_of)
                continue
            _report(settings, day, as_json, engine_of)


def _report(settings: AppSettings, day: Day, as_json: bool, engine_of: DayEngineOf) -> None:
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
