"""`clickwatch segments`: the users of a reported day and what they came for."""

from typing import Annotated

import typer

from clickwatch.cli.days import parse_day
from clickwatch.cli.output import Column, console, notes, print_json_lines, say, table
from clickwatch.cli.views import AsJson, Limit
from clickwatch.domain.day import Day
from clickwatch.errors import BatchError
from clickwatch.serving import rows
from clickwatch.serving.merge import reported_days
from clickwatch.settings import current_settings
from clickwatch.store import segments as user_segments
from clickwatch.wiring.reading import reading

SEGMENTS = ("Buyer", "Cart Abandoner", "Window Shopper")
_COLUMNS = (
    Column("user_key", "fixed"),
    Column("segment", "fixed"),
    Column("view_count", "number"),
    Column("cart_count", "number"),
    Column("purchase_count", "number"),
)


def segments(
    as_json: AsJson = False,
    date: Annotated[
        str | None, typer.Option(help="Which UTC day, YYYY-MM-DD; the latest reported by default.", show_default=False)
    ] = None,
    segment: Annotated[
        str | None, typer.Option(help="Only `Buyer`, `Cart Abandoner` or `Window Shopper`.", show_default=False)
    ] = None,
    limit: Limit = 20,
) -> None:
    """The users of a day by segment, under their pseudonyms."""
    if segment is not None and segment not in SEGMENTS:
        raise typer.BadParameter(f"it is {', '.join(SEGMENTS[:-1])} or {SEGMENTS[-1]}", param_hint="--segment")
    with reading(current_settings()) as connection:
        day = _chosen(reported_days(connection), date)
        if as_json:
            print_json_lines(rows.segment_rows(connection, day.start, segment))
            return
        counts = user_segments.counts(connection, day.start)
        found = list(user_segments.list_rows(connection, day.start, segment=segment, limit=limit + 1))
    whole = sum(counts.values())
    parts = ", ".join(f"{counts.get(name, 0):,} {name}" for name in SEGMENTS)
    say(f"{day}: {whole:,} users: {parts}." if whole else f"{day}: no users.")
    if found:
        body = [[r.user_key, r.segment, r.view_count, r.cart_count, r.purchase_count] for r in found[:limit]]
        console.print(table("", _COLUMNS, body))
    if len(found) > limit:
        notes.print("… and more: clickwatch segments --limit N, or --json for all.")


def _chosen(reported: list[Day], date: str | None) -> Day:
    """The day that was asked for, or the latest. Raises BatchError if it was not reported."""
    day = parse_day(date, "--date") if date is not None else None
    if day is not None and day not in reported:
        raise BatchError(f"{day} has not been reported yet", f"Run: clickwatch batch --date {day}")
    if not reported:
        raise BatchError("No day has been reported yet", "Run: clickwatch batch --date YYYY-MM-DD")
    return day or reported[-1]
