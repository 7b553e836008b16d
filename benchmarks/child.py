"""One measured run in a process of its own: prints a line of JSON.

Usage: python -m benchmarks.child FOLDER log|kafka.
"""

import json
import os
import resource
import sys
import threading
import time
from pathlib import Path

from benchmarks.homes import settings_of
from benchmarks.machine import peak_mib
from clickwatch.speed.effects import EpochReport
from clickwatch.wiring.log_kinds import LogKind
from clickwatch.wiring.pipeline import Watch, run_stream


def main(folder: Path, kind: LogKind) -> None:
    """Stream the log until caught up, everything on; from the opened log to the last durable commit."""
    received = 0
    peak = 0.0

    def heard(report: EpochReport) -> None:
        nonlocal received, peak
        received += report.received
        peak = max(peak, peak_mib(os.getpid()))

    began = time.perf_counter()
    run_stream(settings_of(folder), threading.Event(), until_caught_up=True, watch=Watch(on_epoch=heard), kind=kind)
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(
        json.dumps(
            {
                "records": received,
                "seconds": time.perf_counter() - began,
                "cpu_seconds": sum(usage.ru_utime + usage.ru_stime for usage in usages),
                "peak_mib": max(peak, peak_mib(os.getpid())),
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), LogKind(sys.argv[2]))
