"""The episode rows follow the alerts: the spans of the products that changed are reconciled and written back."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, bindparam, insert, select, update

from clickwatch.domain.alert import FLASH_SALE
from clickwatch.domain.episode import Reconciliation, Run, Span, episode_key, latest_over, reconcile, unused_id
from clickwatch.domain.window import WindowSpec
from clickwatch.speed.alerts.alert_rows import Place
from clickwatch.store.schema import alerts, episodes

_CHUNK = 500


@dataclass
class Settled:
    """Episode ids by what became of them; `grown` are those that kept on, with other windows than before."""

    begun: list[str] = field(default_factory=list)
    grown: list[str] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)


def chunks(names: Iterable[str]) -> Iterator[list[str]]:
    """Names in sorted pieces that fit the bound parameters of one statement."""
    ordered = sorted(set(names))
    for begin in range(0, len(ordered), _CHUNK):
        yield ordered[begin : begin + _CHUNK]


def settle(c: Connection, opened: Sequence[Place], withdrawn: Sequence[Place], slide: int) -> Settled:
    """Bring the episodes of the products with opened or withdrawn alerts back in step with the alerts."""
    settled = Settled()
    came, gone = _by_product(opened), _by_product(withdrawn)
    for product_ids in chunks([*came, *gone]):
        spans = _active_spans(c, product_ids)
        plans = {
            name: reconcile(spans.get(name, {}), came.get(name, ()), gone.get(name, ()), slide) for name in product_ids
        }
        _Settlement(c, settled, _taken(c, plans)).write(plans, spans)
    return settled


def end_closed(c: Connection, spec: WindowSpec, frontier: int | None) -> list[str]:
    """End the active episodes whose next window is closed without an alert ; their ids."""
    if frontier is None:
        return []
    latest = latest_over(frontier, spec)
    over = update(episodes).where(episodes.c.status == "active", episodes.c.last_window_start <= latest)
    return list(c.scalars(over.values(status="ended").returning(episodes.c.episode_id)))


def _by_product(places: Sequence[Place]) -> dict[str, list[int]]:
    starts: dict[str, list[int]] = defaultdict(list)
    for product_id, start in places:
        starts[product_id].append(start)
    return starts


def _active_spans(c: Connection, product_ids: list[str]) -> dict[str, dict[str, Span]]:
    """Product id -> active episode id -> its span so far."""
    query = select(episodes).where(
        episodes.c.status == "active", episodes.c.rule == FLASH_SALE, episodes.c.product_id.in_(product_ids)
    )
    spans: dict[str, dict[str, Span]] = defaultdict(dict)
    for row in c.execute(query):
        spans[row.product_id][row.episode_id] = Span(row.first_window_start, row.last_window_start)
    return spans


class _Settlement:
    """One chunk of products, written with one statement per kind of change."""

    def __init__(self, c: Connection, settled: Settled, taken: set[str]) -> None:
        self._c = c
        self._settled = settled
        self._taken = taken
        self._new: list[dict[str, Any]] = []
        self._kept: list[dict[str, Any]] = []
        self._moved: list[dict[str, Any]] = []

    def write(self, plans: dict[str, Reconciliation], spans: dict[str, dict[str, Span]]) -> None:
        for product_id, plan in plans.items():
            for run in plan.runs:
                self._take(product_id, run, spans.get(product_id, {}))
            self._settled.merged += sorted(plan.merged)
            self._settled.withdrawn += sorted(plan.withdrawn)
        self._write_rows()
        _leave(self._c, "merged", [name for plan in plans.values() for name in plan.merged])
        _leave(self._c, "withdrawn", [name for plan in plans.values() for name in plan.withdrawn])

    def _take(self, product_id: str, run: Run, spans: dict[str, Span]) -> None:
        owner = run.owner
        if owner is None:
            owner = unused_id(episode_key(FLASH_SALE, product_id, run.span.first), self._taken)
            self._taken.add(owner)
            self._settled.begun.append(owner)
            self._new.append(_new_row(owner, product_id, run.span))
        elif spans[owner] != run.span:
            self._settled.grown.append(owner)
            self._kept.append({"e": owner, "first": run.span.first, "last": run.span.last})
        for part in run.joining:
            self._moved.append({"p": product_id, "first": part.first, "last": part.last, "e": owner})

    def _write_rows(self) -> None:
        if self._new:
            self._c.execute(insert(episodes), self._new)
        if self._kept:
            span = update(episodes).where(episodes.c.episode_id == bindparam("e"))
            self._c.execute(
                span.values(first_window_start=bindparam("first"), last_window_start=bindparam("last")), self._kept
            )
        if self._moved:
            place = and_(
                alerts.c.rule == FLASH_SALE,
                alerts.c.product_id == bindparam("p"),
                alerts.c.window_start.between(bindparam("first"), bindparam("last")),
            )
            self._c.execute(update(alerts).where(place).values(episode_id=bindparam("e")), self._moved)


def _new_row(episode_id: str, product_id: str, span: Span) -> dict[str, Any]:
    return {
        "episode_id": episode_id,
        "rule": FLASH_SALE,
        "product_id": product_id,
        "first_window_start": span.first,
        "last_window_start": span.last,
        "status": "active",
        "announced": False,
    }


def _taken(c: Connection, plans: dict[str, Reconciliation]) -> set[str]:
    keys = [
        episode_key(FLASH_SALE, product_id, run.span.first)
        for product_id, plan in plans.items()
        for run in plan.runs
        if run.owner is None
    ]
    taken: set[str] = set()
    for some in chunks(keys):
        taken.update(c.scalars(select(episodes.c.episode_id).where(episodes.c.episode_id.in_(some))))
    for key in sorted(taken):
        numbered = episodes.c.episode_id.like(f"{key}-%")
        taken.update(c.scalars(select(episodes.c.episode_id).where(numbered)))
    return taken


def _leave(c: Connection, status: str, names: Collection[str]) -> None:
    for some in chunks(names):
        c.execute(update(episodes).where(episodes.c.episode_id.in_(some)).values(status=status))
