"""Measure this machine: `python -m benchmarks.run [--runs 3] [--events 6000000] [--only NAME] [--markdown FILE]`.

Everything happens in temporary folders (in BENCH_DIR if that is set), which are removed. Some 20 minutes.
"""

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.console import Console

from benchmarks.commands import Say
from benchmarks.commits import commits
from benchmarks.day import day
from benchmarks.demonstration import demo
from benchmarks.effort import EVENTS, Effort
from benchmarks.engines import engines
from benchmarks.figures import Figure, as_markdown, as_table
from benchmarks.kafka import kafka
from benchmarks.latency import latency
from benchmarks.machine import description
from benchmarks.restart import restart
from benchmarks.throughput import dense, scaling, throughput

SCENARIOS: dict[str, Callable[[Effort, Say], list[Figure]]] = {
    scenario.__name__: scenario
    for scenario in (throughput, scaling, dense, kafka, latency, restart, commits, day, engines, demo)
}

_LEAST_WIDTH = 110


def main() -> None:
    """Run the scenarios that were asked for and print their figures."""
    options = _options()
    effort = Effort(options.runs, options.events)
    machine = description()
    began = time.monotonic()
    figures: list[Figure] = []
    for name in options.only or SCENARIOS:
        figures += SCENARIOS[name](effort, partial(_say, began, name))
    console = Console(width=max(Console().width, _LEAST_WIDTH))
    console.print(as_table(figures, f"Medians of {effort.runs} runs"))
    for name, value in machine.items():
        console.print(f"{name}: {value}", highlight=False)
    if options.markdown:
        options.markdown.write_text(_page(effort, machine, figures), "utf-8")
        print(f"Written to {options.markdown}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run")
    parser.add_argument("--runs", type=int, default=3, help="of each measurement")
    parser.add_argument("--events", type=int, default=EVENTS, help="of the day; the other traffic in proportion")
    parser.add_argument("--only", choices=SCENARIOS, action="append", help="this scenario; may be given again")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there as well")
    return parser.parse_args()


def _say(began: float, scenario: str, line: str) -> None:
    print(f"{time.monotonic() - began:6.0f} s  {scenario}: {line}", file=sys.stderr, flush=True)


def _page(effort: Effort, machine: dict[str, str], figures: list[Figure]) -> str:
    facts = "".join(f"- {name}: {value}\n" for name, value in machine.items())
    return (
        "# Benchmarks\n\n"
        f"Measured by `make bench`: medians of {effort.runs} runs, each in a process and a home of its own, with "
        "everything on (judge, de-duplication, pseudonyms, windows, alerts, archive, accounting, totals).\n\n"
        f"{as_markdown(figures)}\n{facts}"
    )


if __name__ == "__main__":
    main()
