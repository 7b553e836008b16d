"""`clickwatch replay`: a data set goes onto the log, at full speed or in step with its own times."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from clickwatch.cli.progress import byte_progress
from clickwatch.cli.stopping import StopOnSignal
from clickwatch.cli.wording import elapsed, number_of, size
from clickwatch.domain.window import SECOND
from clickwatch.eventlog.port import MAX_RECORD_BYTES
from clickwatch.settings import current_settings
from clickwatch.sources.opening import InputFile
from clickwatch.sources.pace import Pace
from clickwatch.sources.replay import Format, Replay
from clickwatch.sources.writer import LogWriter
from clickwatch.wiring.log_kinds import LogKind, log_for_writing


def replay(
    file: Annotated[str, typer.Argument(help="Plain or gzipped; - is standard input.", metavar="FILE")],
    file_format: Annotated[
        Format, typer.Option("--format", help="clickwatch: one JSON event per line. rees46: that data set's CSV.")
    ] = Format.CLICKWATCH,
    speed: Annotated[str, typer.Option(help="max, or so many times real time: 1, 60, 0.5.")] = "max",
    to: Annotated[LogKind, typer.Option(help="Where the events go: this home's files, or Kafka.")] = LogKind.LOG,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as one JSON object.")] = False,
) -> None:
    """Put a data set onto the log; lines of JSON byte for byte, broken ones too: intake judges them."""
    times_real = _speed(speed)
    with StopOnSignal() as stopping, InputFile(file, stopping) as source:
        log = log_for_writing(current_settings(), to, stopping)
        try:
            pace = None if times_real is None else Pace(_monotonic, time.sleep, stopping, times_real)
            run = Replay(source, file_format, LogWriter(log), log.keyed or log.partitions > 1, pace)
            _run(run, source, stopping, as_json)
        finally:
            log.close()
    raise typer.Exit(stopping.exit_code)


def _run(run: Replay, source: InputFile, stopping: StopOnSignal, as_json: bool) -> None:
    """Deliver it; the summary comes in any case, an error after it."""
    began = _monotonic()
    complete = False
    try:
        with byte_progress(f"Replaying {Path(source.name).name}", source.total) as update:
            for _ in run.run(stopping):
                update(source.position)
        complete = not stopping()
    finally:
        took = _monotonic() - began
        if as_json:
            print(json.dumps(_facts(run, source, complete, took), ensure_ascii=False))
        elif complete or stopping() or run.read:
            print(_text(run, source, complete, took))


def _facts(run: Replay, source: InputFile, complete: bool, took: int) -> dict[str, object]:
    """The summary for programs: `read = appended + unreadable + too_long`."""
    return {
        "file": source.name,
        "format": run.format.value,
        "read": run.read,
        "appended": run.appended,
        "unreadable": run.unreadable,
        "too_long": run.too_long,
        "bytes_read": source.position,
        "seconds": round(took / SECOND, 3),
        "complete": complete,
        "examples": [asdict(row) for row in run.examples],
    }


def _text(run: Replay, source: InputFile, complete: bool, took: int) -> str:
    """The summary for people."""
    row, rows = ("line", "lines") if run.format is Format.CLICKWATCH else ("row", "rows")
    read = number_of(run.read, row, rows)
    whole = "" if complete else "Stopped before the end: "
    how = f"({size(source.position)}) in {elapsed(took)}"
    told = [f"{whole}{read} of {source.name} read {how}: {run.appended:,} went onto the log"]
    if run.format is Format.REES46:
        told[0] += f", {run.unreadable:,} could not be read"
    told[0] += "."
    if run.too_long:
        limit = MAX_RECORD_BYTES // 1024 // 1024
        told.append(f"{number_of(run.too_long, row, rows)} longer than {limit} MiB: not taken, no log takes such.")
    if run.unreadable:
        told.append(
            "Not readable:" if run.unreadable == len(run.examples) else f"Not readable, the first {len(run.examples)}:"
        )
    told += [f"  line {bad.line}: {bad.problem}{': ' if bad.text else ''}{bad.text}" for bad in run.examples]
    return "\n".join(told)


def _monotonic() -> int:
    return time.monotonic_ns() // 1000


def _speed(text: str) -> float | None:
    """None for full speed."""
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < 1e9:
        raise typer.BadParameter("it is max, or a number above 0", param_hint="--speed")
    return speed
