"""The merge: one answer to one question, from the batch layer and what the speed layer has counted since.

Answer = the batch view of the day + what was accepted after its cut. The speed layer's totals are of all epochs, and
the view has those of the cut beside its own; so what came after the cut is the difference, and nothing is counted twice
or left out. A row is final where nothing came after the cut and the day is complete; else it is provisional, until the
day is run again. Without a batch view the speed layer answers alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, String, case, cast, func, null, or_, select, union_all
from sqlalchemy.sql.selectable import Subquery

from clickwatch.domain.day import Day
from clickwatch.domain.window import DAY
from clickwatch.store.batch_views import CURRENT, all_current
from clickwatch.store.schema import batch_hours, batch_views, hour_totals
from clickwatch.store.sums import whole_sum

FINAL, PROVISIONAL = "final", "provisional"
_COUNTS = ("view_count", "cart_count", "purchase_count")
_NO_CATEGORY = cast(null(), String)


@dataclass(frozen=True)
class Answer:
    """One product in the time that begins at `start` (µs UTC): an hour, or a day.

    Counts are accepted events; `status` is FINAL or PROVISIONAL.
    """

    start: int
    product_id: str
    category: str
    view_count: int
    cart_count: int
    purchase_count: int
    status: str


@dataclass(frozen=True)
class Period:
    """Which answers are asked for: `since <= start < until` (µs UTC; None: no bound), of one product or of all."""

    since: int | None = None
    until: int | None = None
    product_id: str | None = None


def reported_days(connection: Connection) -> list[Day]:
    """The days that have a batch view, ascending."""
    return [Day.of(view.day_start) for view in all_current(connection)]


def by_hour(connection: Connection, period: Period, limit: int | None = None) -> Iterator[Answer]:
    """Answers by hour, then product. They stream: use them before the connection's transaction ends."""
    merged = _merged(period)
    query = (
        select(merged.c.start, merged.c.product_id, merged.c.category, *_counts(merged), _status(merged))
        .order_by(merged.c.start, merged.c.product_id)
        .limit(limit)
    )
    return (Answer(*tuple(row)) for row in connection.execute(query))


def by_day(connection: Connection, period: Period, limit: int | None = None) -> Iterator[Answer]:
    """Answers by day, then product; its category is that of its latest hour that has one. They stream."""
    hours = _merged(period)
    day = (hours.c.start - hours.c.start % DAY).label("start")
    latest = func.max(case((hours.c.category != "unknown", hours.c.start), else_=-1)).over(
        partition_by=(day, hours.c.product_id)
    )
    placed = select(hours, day.label("day"), latest.label("latest")).subquery()
    known = or_(placed.c.start == placed.c.latest, placed.c.latest == -1)
    query = (
        select(
            placed.c.day,
            placed.c.product_id,
            func.max(case((known, placed.c.category))),
            *(whole_sum(placed.c[name]) for name in _COUNTS),
            case((func.min(placed.c.is_final) == 1, FINAL), else_=PROVISIONAL),
        )
        .group_by(placed.c.day, placed.c.product_id)
        .order_by(placed.c.day, placed.c.product_id)
        .limit(limit)
    )
    return (
        Answer(row[0], row[1], row[2], int(row[3]), int(row[4]), int(row[5]), row[6])
        for row in connection.execute(query)
    )


def _merged(period: Period) -> Subquery:
    """A row per hour and product: the sums of what both layers say, and whether it is final."""
    both = union_all(_speed(period), _batch(period)).subquery()
    sums = (
        select(
            both.c.start,
            both.c.product_id,
            func.max(both.c.speed_category).label("speed_category"),
            func.max(both.c.batch_category).label("batch_category"),
            *(whole_sum(both.c[name]).label(name) for name in _COUNTS),
            whole_sum(both.c.after_cut).label("after_cut"),
        )
        .group_by(both.c.start, both.c.product_id)
        .subquery()
    )
    complete = select(batch_views.c.day_start).where(batch_views.c.status == CURRENT, batch_views.c.is_complete)
    is_final = case(((sums.c.after_cut == 0) & (sums.c.start - sums.c.start % DAY).in_(complete), 1), else_=0)
    return select(
        sums.c.start,
        sums.c.product_id,
        func.coalesce(sums.c.speed_category, sums.c.batch_category).label("category"),
        *_counts(sums),
        is_final.label("is_final"),
    ).subquery()


def _speed(period: Period) -> Select[Any]:
    """What the speed layer has counted, at the cut and after it."""
    table = hour_totals.c
    chosen = select(
        table.hour_start.label("start"),
        table.product_id,
        table.category.label("speed_category"),
        _NO_CATEGORY.label("batch_category"),
        *_counts(hour_totals),
        table.event_count.label("after_cut"),
    )
    return _within(chosen, table.hour_start, table.product_id, period)


def _batch(period: Period) -> Select[Any]:
    """What the batch views have counted, less what the speed layer had at their cut."""
    table = batch_hours.c
    chosen = (
        select(
            table.hour_start,
            table.product_id,
            _NO_CATEGORY,
            table.category,
            *(table[name] - table[f"cut_{name}"] for name in _COUNTS),
            -table.cut_event_count,
        )
        .join(batch_views, batch_views.c.view_id == table.view_id)
        .where(batch_views.c.status == CURRENT)
    )
    return _within(chosen, table.hour_start, table.product_id, period)


def _within(chosen: Select[Any], start: Any, product_id: Any, period: Period) -> Select[Any]:
    if period.since is not None:
        chosen = chosen.where(start >= period.since)
    if period.until is not None:
        chosen = chosen.where(start < period.until)
    if period.product_id is not None:
        chosen = chosen.where(product_id == period.product_id)
    return chosen


def _counts(table: Any) -> list[Any]:
    return [table.c[name] for name in _COUNTS]


def _status(merged: Subquery) -> Any:
    return case((merged.c.is_final == 1, FINAL), else_=PROVISIONAL)
