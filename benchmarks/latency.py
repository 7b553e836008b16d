"""From an append that the log acknowledged to an alert that can be read, at 10,000 events/s live."""

from pathlib import Path

import numpy as np

from benchmarks.commands import Say, running
from benchmarks.effort import Effort
from benchmarks.figures import Figure, at_most
from benchmarks.homes import HIGH_INTEREST, fill, settings_of, temporary_home
from benchmarks.live import Background, Lookout, append_live
from benchmarks.machine import peak_mib
from benchmarks.throughput import DENSE_RATE
from benchmarks.watching import looking_at, wait_until
from clickwatch.domain.window import MINUTE
from clickwatch.sources.traffic import TrafficPlan
from clickwatch.wiring.log import open_log, wall_clock

_PROBES_PER_RUN = 1_000_000


def latency(effort: Effort, say: Say) -> list[Figure]:
    """The minutes before are streamed first, so that the horizon is as full as it is in the long run."""
    with temporary_home() as folder:
        minutes = effort.dense_minutes
        say(f"writing the {minutes} minutes before onto a log")
        before = wall_clock() - minutes * MINUTE
        size = fill(folder, TrafficPlan(before, minutes * MINUTE, DENSE_RATE * minutes * 60, 42, HIGH_INTEREST))
        with running(folder, "clickwatch", "stream", "--quiet") as process:
            with looking_at(folder) as onlooker:
                wait_until(lambda: onlooker.next_offset() >= size, "the stream to catch up")
            runs = [_run(folder, effort.live_seconds, number, say) for number in range(1, effort.runs + 1)]
            peak = peak_mib(process.pid)
    figures = [
        Figure(f"latency, {DENSE_RATE:,} events/s live, p50", "ms", [float(np.percentile(run, 50)) for run in runs]),
        Figure("  p99", "ms", [float(np.percentile(run, 99)) for run in runs], at_most(1000)),
        Figure("  worst", "ms", [max(run) for run in runs]),
    ]
    return [*figures, Figure("  peak memory of the stream", "MiB", [peak])]


def _run(folder: Path, seconds: int, number: int, say: Say) -> list[float]:
    """The milliseconds that each alert of some seconds of live traffic took."""
    first = number * _PROBES_PER_RUN
    lookout = Lookout(folder, first)
    log = open_log(settings_of(folder))
    try:
        with lookout.looking():
            due = append_live(log, Background(DENSE_RATE, seconds), first)
            wait_until(lambda: lookout.seen.keys() >= due.keys(), "the last alerts")
    finally:
        log.close()
    took = [(lookout.seen[name] - moment) * 1000 for name, moment in due.items()]
    say(f"{len(took)} alerts: p50 {np.percentile(took, 50):.0f} ms, p99 {np.percentile(took, 99):.0f} ms")
    return took
