"""What `clickwatch demo` takes in a fresh home: seconds from the start of the process to its end, and memory."""

import subprocess
import time

from benchmarks.commands import Say, running
from benchmarks.effort import Effort
from benchmarks.figures import Figure, at_most
from benchmarks.homes import temporary_home
from benchmarks.machine import peak_mib

_LOOK_SECONDS = 0.01


def demo(effort: Effort, say: Say) -> list[Figure]:
    """The demonstration as people run it."""
    runs = [_run(say) for _ in range(effort.runs)]
    return [
        Figure("clickwatch demo", "s", [seconds for seconds, _ in runs], at_most(30)),
        Figure("  peak memory", "MiB", [peak for _, peak in runs], at_most(512)),
    ]


def _run(say: Say) -> tuple[float, float]:
    peak = 0.0
    with temporary_home() as folder:
        began = time.monotonic()
        with running(folder, "clickwatch", "demo") as process:
            while process.poll() is None:
                peak = max(peak, peak_mib(process.pid))
                time.sleep(_LOOK_SECONDS)
        seconds = time.monotonic() - began
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args)
    say(f"{seconds:.1f} s, {peak:,.0f} MiB")
    return seconds, peak
