"""How long a stream that was killed takes to process again, by ids within the horizon and by history."""

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.commands import Say, running
from benchmarks.effort import Effort
from benchmarks.figures import Figure, at_most
from benchmarks.homes import dense_plan, even_plan, fill, settings_of, temporary_home
from benchmarks.throughput import DENSE_RATE
from benchmarks.watching import looking_at, wait_until
from clickwatch.domain.window import DAY
from clickwatch.sources.traffic import TrafficPlan
from clickwatch.wiring.rules import stream_rules

_STREAM = ("clickwatch", "stream", "--quiet")
_EPOCHS = 40
_EVENT_BYTES = 200
_KILLED_FROM, _KILLED_TO = 0.75, 0.92


@dataclass(frozen=True)
class Restart:
    """Seconds from the start of the process to its first epoch, and the ids within the horizon at the kill."""

    seconds: float
    ids: int

    @property
    def allowed(self) -> float:
        """2 s, and 0.3 s per million ids."""
        return 2 + 0.3 * self.ids / 1e6


def restart(effort: Effort, say: Say) -> list[Figure]:
    """Kills in the midst of dense traffic; then after a short history, and one ten times as long with equal ids."""
    short, long = effort.events // 10, effort.events
    full = _restarts(dense_plan(DENSE_RATE, effort.dense_minutes), {}, effort.runs, say)
    tenth = even_plan(short, DAY // 10)
    often = {"EPOCH_MAX_BYTES": str(short * _EVENT_BYTES // _EPOCHS), "ARCHIVE_MAX_ROWS": "1"}
    recent = _restarts(tenth, often, effort.runs, say)
    old = _restarts(even_plan(long, DAY), often, effort.runs, say)
    millions = statistics.median(r.ids for r in full) / 1e6
    return [
        _figure(f"restart after kill -9, {millions:.1f} M ids in the horizon", full),
        _figure(f"  {short:,} events ago it began, {recent[0].ids:,} ids", recent),
        _figure(f"  {long:,} events ago it began, {old[0].ids:,} ids", old),
    ]


def _figure(name: str, restarts: list[Restart]) -> Figure:
    allowed = statistics.median(r.allowed for r in restarts)
    return Figure(name, "s", [r.seconds for r in restarts], at_most(allowed))


def _restarts(plan: TrafficPlan, settings: Mapping[str, str], count: int, say: Say) -> list[Restart]:
    """Kill one stream `count` times, later in the log each time."""
    with temporary_home() as folder:
        say(f"writing {plan.events:,} events onto a log")
        size = fill(folder, plan)
        places = np.linspace(_KILLED_FROM, _KILLED_TO, count) * size
        return [_restart(folder, plan, int(place), settings, say) for place in places]


def _restart(folder: Path, plan: TrafficPlan, place: int, settings: Mapping[str, str], say: Say) -> Restart:
    with running(folder, *_STREAM, settings=settings), looking_at(folder) as onlooker:
        wait_until(lambda: onlooker.next_offset() >= place, "the place of the kill")
    with looking_at(folder) as onlooker:
        before = onlooker.last_epoch()
        ids = _ids(plan, onlooker.received(), onlooker.watermark() - stream_rules(settings_of(folder)).horizon)
        began = time.monotonic()
        with running(folder, *_STREAM, settings=settings):
            wait_until(lambda: onlooker.last_epoch() > before, "the first epoch")
            found = Restart(time.monotonic() - began, ids)
    say(f"{found.seconds:.2f} s with {ids:,} ids in the horizon, after {before} epochs")
    return found


def _ids(plan: TrafficPlan, received: int, after: int) -> int:
    """How many of the first `received` events are later than `after` (µs)."""
    return received - max(0, (after - plan.start) * plan.events // plan.duration + 1)
