"""From the log to durable commits with everything on: a day, ten times more of the same, and live density."""

import statistics
from pathlib import Path
from typing import Any

from benchmarks.commands import Say, measured_run
from benchmarks.effort import Effort
from benchmarks.figures import Figure, at_least, at_most
from benchmarks.homes import day_plan, dense_plan, even_plan, fill, forget_results, temporary_home
from clickwatch.domain.window import DAY
from clickwatch.sources.traffic import TrafficPlan

DENSE_RATE = 10_000
_LEAST_RATE = 1_000_000
_MOST_MIB = 1024


def throughput(effort: Effort, say: Say) -> list[Figure]:
    """A day in its rhythm."""
    runs = _runs(day_plan(effort.events), effort.runs, say)
    name = f"throughput, a day of {effort.events:,} events"
    return [
        Figure(name, "events/s", _rates(runs), at_least(_LEAST_RATE)),
        Figure("  processor", "µs/event", [run["cpu_seconds"] / run["records"] * 1e6 for run in runs]),
        Figure("  peak memory", "MiB", _peaks(runs), at_most(_MOST_MIB)),
    ]


def scaling(effort: Effort, say: Say) -> list[Figure]:
    """A third of a day's events against ten times as many, at the same events per second of event time.

    The lesser part is large enough to fill all queues on the way to the archive.
    """
    events, duration = effort.events // 3, DAY // 3
    tenth = _runs(even_plan(events, duration), effort.runs, say)
    whole = _runs(even_plan(10 * events, 10 * duration), effort.runs, say)
    rate, peak = statistics.median(_rates(tenth)), statistics.median(_peaks(tenth))
    return [
        Figure(f"scaling, {events:,} events", "events/s", _rates(tenth)),
        Figure("  peak memory", "MiB", _peaks(tenth)),
        Figure("  ten times more of the same rate", "events/s", _rates(whole)),
        Figure("  peak memory", "MiB", _peaks(whole)),
        Figure("  events/s, ten times more to one", "", [value / rate for value in _rates(whole)], at_least(0.9)),
        Figure("  memory, ten times more to one", "", [value / peak for value in _peaks(whole)], at_most(1.1)),
    ]


def dense(effort: Effort, say: Say) -> list[Figure]:
    """What de-duplication costs with as many ids within the horizon as live traffic has."""
    runs = _runs(dense_plan(DENSE_RATE, effort.dense_minutes), effort.runs, say)
    name = f"dense, {effort.dense_minutes} min of {DENSE_RATE:,} events/s"
    return [
        Figure(name, "events/s", _rates(runs)),
        Figure("  processor", "µs/event", [run["cpu_seconds"] / run["records"] * 1e6 for run in runs]),
        Figure("  peak memory", "MiB", _peaks(runs), at_most(_MOST_MIB)),
    ]


def _runs(plan: TrafficPlan, count: int, say: Say) -> list[dict[str, Any]]:
    """Stream the same log `count` times, each time from nothing."""
    with temporary_home() as folder:
        say(f"writing {plan.events:,} events onto a log")
        size = fill(folder, plan)
        say(f"{size / plan.events:.0f} bytes each; streaming them {count} times")
        return [_run(folder, plan.events, say) for _ in range(count)]


def _run(folder: Path, events: int, say: Say) -> dict[str, Any]:
    forget_results(folder)
    run = measured_run(folder)
    if run["records"] != events:
        raise AssertionError(f"{run['records']} records went through, {events} are on the log")
    say(f"{run['records'] / run['seconds']:,.0f} events/s, {run['peak_mib']:,.0f} MiB")
    return run


def _rates(runs: list[dict[str, Any]]) -> list[float]:
    return [run["records"] / run["seconds"] for run in runs]


def _peaks(runs: list[dict[str, Any]]) -> list[float]:
    return [run["peak_mib"] for run in runs]
