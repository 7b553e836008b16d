"""One measured run in a process of its own: prints a line of JSON.

Usage: python -m benchmarks.child FOLDER log|kafka embedded|spark.
"""

import json
import os
import resource
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.homes import settings_of
from benchmarks.machine import peak_mib
from clickwatch.speed.effects import EpochReport
from clickwatch.wiring.beginning import Watch
from clickwatch.wiring.day_engines import Engine
from clickwatch.wiring.engines import stream_engine
from clickwatch.wiring.log_kinds import LogKind
from clickwatch.wiring.pipeline import run_stream


def main(folder: Path, kind: LogKind, engine: Engine) -> None:
    """Stream the log until caught up, everything on; from the opened log to the last durable commit.

    Spark is up before the clock starts, and cold all the same: it compiles what it runs while it runs.
    """
    received = 0
    peak = 0.0
    epochs: list[tuple[float, int]] = []

    def heard(report: EpochReport) -> None:
        nonlocal received, peak
        received += report.received
        epochs.append((time.perf_counter(), received))
        peak = max(peak, peak_mib(os.getpid()))

    settings = settings_of(folder, spark_master="local[2]")
    watch = Watch(on_epoch=heard)
    with stream_engine(settings, engine) as goes_on:
        began = time.perf_counter()
        run_stream(settings, threading.Event(), until_caught_up=True, watch=watch, kind=kind, engine=goes_on)
        seconds = time.perf_counter() - began
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(
        json.dumps(
            {
                "records": received,
                "seconds": seconds,
                "cpu_seconds": sum(usage.ru_utime + usage.ru_stime for usage in usages),
                "warm_rate": _warm_rate(epochs),
                "peak_mib": max(peak, peak_mib(os.getpid())),
            }
        )
    )


def _warm_rate(epochs: Sequence[tuple[float, int]]) -> float:
    """Records a second in the epochs after half of the records; an epoch: when it ended, and the records until then."""
    end, received = epochs[-1]
    began, before = next(epoch for epoch in epochs if epoch[1] >= received / 2)
    return (received - before) / (end - began) if end > began else 0.0


if __name__ == "__main__":
    main(Path(sys.argv[1]), LogKind(sys.argv[2]), Engine(sys.argv[3]))
