"""`clickwatch totals`: views, carts and purchases per product and hour or day, from both layers together."""

from enum import StrEnum
from typing import Annotated

import typer

from clickwatch.cli.days import parse_day
from clickwatch.cli.output import Column, is_narrow, print_json_lines, table
from clickwatch.cli.views import AsJson, Limit, show
from clickwatch.domain.day import Day
from clickwatch.domain.instant import clock_utc
from clickwatch.serving import rows
from clickwatch.serving.merge import Answer, Period, by_day, by_hour
from clickwatch.settings import current_settings
from clickwatch.wiring.reading import reading

_YEAR = len("2026-")
_COUNT_COLUMNS = (
    Column("product_id"),
    Column("category"),
    Column("view_count", "number"),
    Column("cart_count", "number"),
    Column("purchase_count", "number"),
    Column("status", "fixed"),
)


class Span(StrEnum):
    """What one row is about."""

    HOUR = "hour"
    DAY = "day"


def totals(
    as_json: AsJson = False,
    limit: Limit = 20,
    by: Annotated[Span, typer.Option(help="One row per product and hour, or day (UTC).")] = Span.HOUR,
    date: Annotated[str | None, typer.Option(help="Only this UTC day, YYYY-MM-DD.", show_default=False)] = None,
    product: Annotated[str | None, typer.Option(help="Only this product.")] = None,
) -> None:
    """Views, carts and purchases, late events included, the earliest first; `final` once the day's report has all."""
    day = None if date is None else parse_day(date, "--date")
    period = Period(product_id=product) if day is None else Period(day.start, day.end, product)
    answers = by_hour if by is Span.HOUR else by_day
    with reading(current_settings()) as connection:
        if as_json:
            name = "hour_start" if by is Span.HOUR else "day_start"
            print_json_lines(rows.total_rows(answers(connection, period), name))
            return
        first = list(answers(connection, period, limit + 1))
    columns = (Column(f"{by} (UTC)", "fixed"), *_COUNT_COLUMNS)
    body = [_cells(answer, by) for answer in first[:limit]]
    show(table("Totals", columns, body), limit, len(first), "clickwatch totals")


def _cells(answer: Answer, by: Span) -> list[object]:
    time = clock_utc(answer.start) if by is Span.HOUR else str(Day.of(answer.start))
    return [
        time[_YEAR:] if is_narrow() else time,
        answer.product_id,
        answer.category,
        answer.view_count,
        answer.cart_count,
        answer.purchase_count,
        answer.status,
    ]
