"""The two engines side by side: the same log, everything on in both, in turn within one run."""

import statistics

from benchmarks.commands import Say, measured_run
from benchmarks.effort import Effort
from benchmarks.figures import Figure
from benchmarks.homes import day_plan, fill, forget_results, temporary_home
from clickwatch.wiring.day_engines import Engine


def engines(effort: Effort, say: Say) -> list[Figure]:
    """A third of a day's events through the embedded engine and through Spark on two cores of this machine.

    Java compiles while it runs: the second half of a run is measured apart, too.
    """
    events = effort.events // 3
    rates: dict[Engine, list[float]] = {engine: [] for engine in Engine}
    warm: dict[Engine, list[float]] = {engine: [] for engine in Engine}
    peaks: dict[Engine, list[float]] = {engine: [] for engine in Engine}
    with temporary_home() as folder:
        say(f"writing {events:,} events onto a log")
        fill(folder, day_plan(events))
        for _ in range(effort.runs):
            for engine in Engine:
                forget_results(folder)
                run = measured_run(folder, engine=engine)
                if run["records"] != events:
                    raise AssertionError(f"{run['records']} records went through, {events} are on the log")
                rates[engine].append(run["records"] / run["seconds"])
                warm[engine].append(run["warm_rate"])
                peaks[engine].append(run["peak_mib"])
                say(f"{engine}: {rates[engine][-1]:,.0f} events/s, {peaks[engine][-1]:,.0f} MiB")
    ratios = [statistics.median(of[Engine.EMBEDDED]) / statistics.median(of[Engine.SPARK]) for of in (rates, warm)]
    return [
        Figure(f"engines, {events:,} events: embedded", "events/s", rates[Engine.EMBEDDED]),
        Figure("  peak memory", "MiB", peaks[Engine.EMBEDDED]),
        Figure("  the same on Spark local[2]", "events/s", rates[Engine.SPARK]),
        Figure("  peak memory, driver and Java", "MiB", peaks[Engine.SPARK]),
        Figure("  embedded to Spark", "", ratios[:1]),
        Figure("  in the second half: embedded", "events/s", warm[Engine.EMBEDDED]),
        Figure("  in the second half: Spark", "events/s", warm[Engine.SPARK]),
        Figure("  in the second half: embedded to Spark", "", ratios[1:]),
    ]
