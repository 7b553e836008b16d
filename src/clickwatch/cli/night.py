"""`clickwatch night`: all tasks of the night in order, as one command for cron and systemd."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated

import typer

from clickwatch.cli.batch import report
from clickwatch.cli.days import parse_days
from clickwatch.cli.notify import notified
from clickwatch.cli.output import notes, say
from clickwatch.cli.reconcile import reconciled
from clickwatch.cli.retention import retained
from clickwatch.cli.wait import patience, waited
from clickwatch.domain.day import Day
from clickwatch.domain.plain_text import printable
from clickwatch.domain.window import DAY, MINUTE
from clickwatch.errors import ClickwatchError
from clickwatch.settings import AppSettings, current_settings
from clickwatch.wiring.day_engines import DayEngineOf, Engine, day_engines
from clickwatch.wiring.day_waiting import DayPatience
from clickwatch.wiring.log import wall_clock
from clickwatch.wiring.missed_days import missed_days
from clickwatch.wiring.night import TASKS


@dataclass(frozen=True)
class Night:
    """What is done for which day, and how."""

    settings: AppSettings
    day: Day
    patience: DayPatience
    engine_of: DayEngineOf


def _report(night: Night) -> bool:
    report(night.settings, night.day, night.engine_of)
    return True


PARTS: Mapping[str, Callable[[Night], bool]] = {
    "wait": lambda night: waited(night.settings, night.day, night.patience),
    "batch": _report,
    "reconcile": lambda night: reconciled(night.settings, night.day),
    "retention": lambda night: retained(night.settings),
    "notify": lambda night: notified(night.settings, night.day),
}
"""Command -> all tasks of the night that it stands for; whether they went well."""


def night(
    date: Annotated[
        str | None,
        typer.Option(
            help="Which UTC day, YYYY-MM-DD; by default yesterday, and days that were missed.",
            metavar="DATE",
            show_default=False,
        ),
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="The last of several days, YYYY-MM-DD.", metavar="DATE", show_default=False)
    ] = None,
    longest: Annotated[
        str | None,
        typer.Option(
            "--for",
            help="Wait no longer than this until the day is complete; by default 2h after SPARK_WATERMARK_DELAY.",
            metavar="TIME",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[
        Engine | None, typer.Option(help="What computes the figures; by default BATCH_ENGINE.", show_default=False)
    ] = None,
) -> None:
    """Do what is to be done every night: wait for the day, report it, reconcile, retention, notify. It stops at the
    first that fails, with its exit code; the next run begins anew, and nothing is doubled by that.

    Without a day, those of the last 31 days that were missed come first; one that fails does not keep the next.
    """
    settings, now = current_settings(), wall_clock()
    days = parse_days(date or str(Day.of(now - DAY)), to)
    missed = missed_days(settings, days[0], now) if date is None and to is None else []
    # Missed days are over for long: if their events are not there yet, yesterday need not wait for them.
    for_missed, for_others = patience(settings, longest, 5 * MINUTE), patience(settings, longest)
    with day_engines(settings, engine or Engine(settings.batch_engine)) as engine_of:
        failed = _make_up_for([Night(settings, day, for_missed, engine_of) for day in missed])
        for day in days:
            _run(Night(settings, day, for_others, engine_of))
    if failed:
        left = f"{days[-1]} is done, and of those before it these are not: {_list(failed)}"
        notes.print(f"clickwatch: {left}. Look above for why; then run, for each: clickwatch night --date DAY")
        raise typer.Exit(1)


def _make_up_for(nights: Sequence[Night]) -> list[Day]:
    """Do each of the nights, whatever becomes of those before it; the days of those that failed."""
    if nights:
        say(f"Missed before, and done first: {_list(night.day for night in nights)}.")
    return [night.day for night in nights if not _is_made_up_for(night)]


def _is_made_up_for(night: Night) -> bool:
    try:
        _run(night)
    except ClickwatchError as error:
        notes.print(printable(f"clickwatch: {error}"))
        return False
    except typer.Exit:  # it has said why
        return False
    return True


def _list(days: Iterable[Day]) -> str:
    return ", ".join(map(str, days))


def _run(night: Night) -> None:
    for command, _ in groupby(TASKS, key=lambda task: task.words[0]):
        if not PARTS[command](night):
            notes.print(f"clickwatch: the night of {night.day} stopped at: clickwatch {command}")
            raise typer.Exit(1)
