"""From Kafka to durable commits with everything on, beside a loop that only fetches; the broker shares the machine."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.commands import Say, measured, measured_run
from benchmarks.effort import Effort
from benchmarks.figures import Figure, at_least, at_most
from benchmarks.homes import day_plan, fill, forget_results, temporary_home
from clickwatch.wiring.log_kinds import LogKind
from dev.broker import Broker

_LEAST_RATE = 300_000
_MOST_MIB = 1024


def kafka(effort: Effort, say: Say) -> list[Figure]:
    """A day on a topic of three partitions: each run right after a bare loop over the same topic."""
    plan = day_plan(effort.events)
    bare: list[dict[str, float]] = []
    runs: list[dict[str, float]] = []
    with _broker() as broker, temporary_home() as folder:
        say(f"writing {plan.events:,} events onto a topic")
        fill(folder, plan, LogKind.KAFKA, kafka_bootstrap_servers=broker.servers())
        settings = {"KAFKA_BOOTSTRAP_SERVERS": broker.servers()}
        for _ in range(effort.runs):
            bare.append(measured(folder, "benchmarks.bare_consume", settings=settings))
            runs.append(measured_run(folder, LogKind.KAFKA, settings))
            forget_results(folder)
            if {bare[-1]["records"], runs[-1]["records"]} != {plan.events}:
                raise AssertionError(f"{plan.events} records are on the topic: {bare[-1]}, {runs[-1]}")
            say(f"{_rate(runs[-1]):,.0f} events/s, {_rate(bare[-1]):,.0f} in the bare loop")
    name = f"from Kafka, a day of {effort.events:,} events"
    return [
        Figure(name, "events/s", [*map(_rate, runs)], at_least(_LEAST_RATE)),
        Figure("  processor, without the broker", "µs/event", [*map(_cost, runs)]),
        Figure("  peak memory", "MiB", [run["peak_mib"] for run in runs], at_most(_MOST_MIB)),
        Figure("  a bare consume() loop beside it", "events/s", [*map(_rate, bare)]),
        Figure("  processor, without the broker", "µs/event", [*map(_cost, bare)]),
    ]


@contextmanager
def _broker() -> Iterator[Broker]:
    with tempfile.TemporaryDirectory(prefix="clickwatch-bench-") as folder:
        broker = Broker(Path(folder), quick_start=False)
        broker.start()
        try:
            yield broker
        finally:
            broker.kill()


def _rate(run: dict[str, float]) -> float:
    return run["records"] / run["seconds"]


def _cost(run: dict[str, float]) -> float:
    """Processor time per event, µs."""
    return run["cpu_seconds"] / run["records"] * 1e6
