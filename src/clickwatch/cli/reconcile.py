"""`clickwatch reconcile`: whether both layers counted the same, at the cut of a day's view."""

from dataclasses import asdict
from itertools import islice
from typing import Annotated, Any

import typer

from clickwatch.cli.days import parse_day
from clickwatch.cli.output import Column, console, notes, print_json_lines, say, table
from clickwatch.cli.wording import number_of
from clickwatch.domain.day import Day
from clickwatch.domain.instant import clock_utc, iso_utc
from clickwatch.errors import BatchError
from clickwatch.serving.reconciliation import Difference, compared, differences
from clickwatch.settings import AppSettings, current_settings
from clickwatch.store import batch_views
from clickwatch.wiring.reading import reading

_SHOWN = 20
_CURE = (
    "Run the day again: clickwatch batch --date {day}. If its layers differ still, the store or the archive is "
    "damaged: take both from a backup, or move both away and run clickwatch stream, which makes them anew from the log."
)
_COLUMNS = (
    Column("hour (UTC)", "fixed"),
    Column("product_id"),
    Column("layer", "fixed"),
    Column("category"),
    Column("view_count", "number"),
    Column("cart_count", "number"),
    Column("purchase_count", "number"),
    Column("event_count", "number"),
)


def reconcile(
    date: Annotated[str, typer.Option(help="Which UTC day, YYYY-MM-DD.", metavar="DATE")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per difference.")] = False,
) -> None:
    """Hold both layers' counts of a day against each other, at the report's cut; exit code 1 if they differ."""
    raise typer.Exit(0 if reconciled(current_settings(), parse_day(date, "--date"), as_json=as_json) else 1)


def reconciled(settings: AppSettings, day: Day, *, as_json: bool = False) -> bool:
    """Compare, and say what was found; whether both layers agree."""
    with reading(settings) as connection:
        if batch_views.current(connection, day.start) is None:
            raise BatchError(f"{day} has not been reported yet", f"Run: clickwatch batch --date {day}")
        if as_json:
            found = print_json_lines(_facts(each) for each in differences(connection, day.start))
        else:
            rows = compared(connection, day.start)
            shown = list(islice(differences(connection, day.start), _SHOWN + 1))
            found = len(shown)
            _show(day, rows, shown)
    if found:
        notes.print(f"clickwatch: {_CURE.format(day=day)}")
    return not found


def _show(day: Day, rows: int, found: list[Difference]) -> None:
    what = number_of(rows, "count", "counts")
    if not found:
        say(f"{day}: both layers agree in {what} by hour and product.")
        return
    some = "at least " if len(found) > _SHOWN else ""
    say(f"{day}: the layers DIFFER in {some}{min(len(found), _SHOWN)} of {what} by hour and product.")
    console.print(table("", _COLUMNS, (row for each in found[:_SHOWN] for row in _rows(each))))


def _rows(each: Difference) -> list[list[object]]:
    place = [clock_utc(each.hour_start), each.product_id]
    return [[*place, layer, *_of(each, layer)] for layer in ("batch", "speed")]


def _of(each: Difference, layer: str) -> list[object]:
    names = ("category", "view_count", "cart_count", "purchase_count", "event_count")
    return [getattr(each, f"{layer}_{name}") for name in names]


def _facts(each: Difference) -> dict[str, Any]:
    return asdict(each) | {"hour_start": iso_utc(each.hour_start)}
