"""`clickwatch retention`: what has been kept long enough goes."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from clickwatch.cli.output import Column, console, notes, print_json_lines, say, table
from clickwatch.cli.progress import step_progress
from clickwatch.cli.wording import number_of, size
from clickwatch.domain.day import Day
from clickwatch.domain.plain_text import printable
from clickwatch.domain.window import DAY
from clickwatch.governance.removal import Removal
from clickwatch.settings import AppSettings, current_settings
from clickwatch.wiring.retention import retention as remove

_COLUMNS = (
    Column("data", "fixed"),
    Column("count", "number"),
    Column("of", "fixed"),
    Column("size", "number"),
    Column("days (UTC)"),
)


def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per kind of data.")] = False,
) -> None:
    """Remove what is older than RETENTION_DAYS: log, archive, refused records, windows, rows about users."""
    raise typer.Exit(0 if retained(current_settings(), dry_run=dry_run, as_json=as_json) else 1)


def retained(settings: AppSettings, *, dry_run: bool = False, as_json: bool = False) -> bool:
    """Remove it, and say what went; whether there was no problem."""
    with step_progress("Retention") as update:
        removals = list(remove(settings, dry_run=dry_run, on_kind=update))
    if as_json:
        print_json_lines(_facts(each, dry_run) for each in removals)
    else:
        _show([each for each in removals if not each.problem], settings.retention_days, dry_run)
    problems = [each for each in removals if each.problem]
    for each in problems:
        notes.print(printable(f"clickwatch: {each.kind}: {each.problem}"))
    return not problems


def _show(removals: Sequence[Removal], keep: int, dry_run: bool) -> None:
    days = number_of(keep // DAY, "day", "days") if keep % DAY == 0 else f"{keep / DAY:.1f} days"
    if not any(each.count for each in removals):
        say(f"Nothing is older than {days}.")
        return
    say(f"Older than {days}, {'and would go' if dry_run else 'and removed'}:")
    console.print(table("", _COLUMNS, (_row(each) for each in removals)))


def _row(each: Removal) -> list[object]:
    return [each.kind, each.count, each.unit, size(each.bytes) if each.bytes else "", _span(each.days)]


def _span(days: Sequence[Day]) -> str:
    if not days:
        return ""
    return str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]}, {len(days):,} days"


def _facts(each: Removal, dry_run: bool) -> dict[str, Any]:
    facts = {"data": each.kind, "unit": each.unit, "count": each.count, "bytes": each.bytes}
    facts |= {"days": [str(day) for day in each.days], "dry_run": dry_run}
    return facts | {"problem": each.problem} if each.problem else facts
