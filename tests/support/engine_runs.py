"""Runs of any engine over a log on disk: stopped, crashed, and gone on with by another engine."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from hypothesis import strategies as st

from clickwatch.domain.window import DAY
from clickwatch.eventlog.local import LocalLog, LocalLogConfig
from clickwatch.settings import AppSettings, load_settings
from clickwatch.speed.effects import EpochReport
from clickwatch.wiring.beginning import Watch
from clickwatch.wiring.engines import StreamEngine, on_spark
from clickwatch.wiring.home import Home
from clickwatch.wiring.log import open_log
from clickwatch.wiring.pipeline import embedded, stream_from
from tests.support.embedded_runs import KEY, Crash, Stop
from tests.support.spark import shared_spark
from tests.support.streams import Stream

_FOREVER = 100_000 * DAY


@dataclass(frozen=True)
class Leg:
    """A run of one engine, until it has caught up unless it ends before."""

    on_spark: bool
    end: Stop | Crash | None = None


ENDS = st.one_of(st.builds(Stop, st.integers(1, 2)), st.builds(Crash, st.integers(1, 8)))
LEGS = st.lists(st.builds(Leg, st.booleans(), ENDS), max_size=3)
"""What comes before the last run."""


class _PowerCut(Exception):
    """Stands for the end of the process."""


@dataclass
class Clock:
    """The log's clock, set by hand; µs."""

    now: int = 0

    def __call__(self) -> int:
        return self.now


def write_log(home: Home, stream: Stream, segment_bytes: int) -> None:
    """Put a stream onto the home's log, each record at its log time."""
    clock = Clock()
    config = LocalLogConfig(home.log / "clickstream_events", len(stream.partitions), segment_bytes, _FOREVER)
    log = LocalLog(config, clock)
    for partition, entries in enumerate(stream.partitions):
        for entry in entries:
            clock.now = entry.log_time
            log.append(partition, entry.raw + b"\n")
    log.close()


def settings_of(home: Home, stream: Stream, epoch_max_bytes: int) -> AppSettings:
    """The stream's settings, under the key of all these runs."""
    return load_settings(
        clickwatch_home=home.folder,
        pseudonym_key=KEY,
        alert_handlers=(),
        epoch_max_bytes=epoch_max_bytes,
        spark_epoch_max_bytes=epoch_max_bytes,
        **stream.settings,
    )


def run_legs(settings: AppSettings, legs: Sequence[Leg]) -> list[int]:
    """Run the legs one after another; how many epochs each committed."""
    return [_run(settings, leg) for leg in legs]


def _run(settings: AppSettings, leg: Leg) -> int:
    stop = threading.Event()
    steps = epochs = 0

    def on_step(step: str) -> None:
        nonlocal steps
        steps += 1
        if isinstance(leg.end, Crash) and steps == leg.end.after:
            raise _PowerCut

    def on_epoch(report: EpochReport) -> None:
        nonlocal epochs
        epochs += 1
        if isinstance(leg.end, Stop) and epochs == leg.end.after:
            stop.set()

    with suppress(_PowerCut):
        watch = Watch(on_epoch, on_step)
        stream_from(open_log(settings), settings, stop, until_caught_up=True, watch=watch, engine=_engine(leg))
    return epochs


def _engine(leg: Leg) -> StreamEngine:
    spark: Callable[..., StreamEngine] = partial
    return spark(on_spark, shared_spark()) if leg.on_spark else embedded
