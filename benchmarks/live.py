"""Live traffic with probes: products of their own whose 101st view goes onto the log at a known moment."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from benchmarks.homes import HIGH_INTEREST
from benchmarks.watching import looking_at
from clickwatch.domain.window import SECOND
from clickwatch.eventlog.port import EventLog
from clickwatch.sources.batch import joined
from clickwatch.sources.traffic import TrafficGenerator, TrafficPlan
from clickwatch.wiring.log import wall_clock

VIEWS = 101
"""The view with which a product alerts."""
_TICK_SECONDS = 0.05
_AHEAD_SECONDS = 3
_LOOK_SECONDS = 0.01
_END = "PROBE_~"


def probe_name(number: int) -> str:
    """The product id of a probe; names sort as the numbers."""
    return f"PROBE_{number:08d}"


class Background:
    """Traffic at `rate` events/s that begins soon and lasts `seconds`, made before it is due."""

    def __init__(self, rate: int, seconds: int) -> None:
        start = wall_clock() + _AHEAD_SECONDS * SECOND
        self.plan = TrafficPlan(start, seconds * SECOND, rate * seconds, 42, HIGH_INTEREST)
        self._lines = pa.concat_arrays([batch.lines for batch in TrafficGenerator(self.plan).batches()])
        self._done = 0

    def due(self, now: int) -> bytes:
        """The events that have become due by `now` (µs, UTC), each once."""
        upto = (now - self.plan.start) * self.plan.events // self.plan.duration
        upto = min(max(upto, self._done), len(self._lines))
        lines = self._lines.slice(self._done, upto - self._done)
        self._done = upto
        return joined(lines)

    @property
    def is_over(self) -> bool:
        """Whether all of it was handed out."""
        return self._done == len(self._lines)


def append_live(log: EventLog, background: Background, first_probe: int) -> dict[str, float]:
    """Append the traffic as it happens, and ten probes a second; when (monotonic, s) each alert became due.

    That is when the log had acknowledged the probe's 101st view.
    """
    due: dict[str, float] = {}
    time.sleep(max(0, background.plan.start - wall_clock()) / SECOND)
    began = time.monotonic()
    tick = 0
    while not background.is_over:
        name = probe_name(first_probe + tick // 2)
        views = VIEWS - 1 if tick % 2 == 0 else 1
        log.append(0, background.due(wall_clock()) + _views(name, views))
        if views == 1:
            due[name] = time.monotonic()
        tick += 1
        time.sleep(max(0.0, began + tick * _TICK_SECONDS - time.monotonic()))
    return due


def _views(product: str, count: int) -> bytes:
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    return b"".join(
        json.dumps(
            {
                "event_id": f"{product}-{count}-{number}",
                "user_id": f"USER_{number:04d}",
                "product_id": product,
                "event_type": "view",
                "timestamp": now,
                "category": "probes",
            }
        ).encode()
        + b"\n"
        for number in range(count)
    )


class Lookout:
    """Notes when (monotonic, s) the alert of each probe can be read from the store; looks every 10 ms."""

    def __init__(self, folder: Path, first_probe: int) -> None:
        self.seen: dict[str, float] = {}
        self._folder = folder
        self._latest = probe_name(first_probe - 1)
        self._ending = threading.Event()

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Look until the block ends."""
        thread = threading.Thread(target=self._look_on, name="lookout")
        thread.start()
        try:
            yield
        finally:
            self._ending.set()
            thread.join()

    def _look_on(self) -> None:
        with looking_at(self._folder) as onlooker:
            while not self._ending.wait(_LOOK_SECONDS):
                for name in onlooker.alerted(self._latest, _END):
                    self.seen[name] = time.monotonic()
                    self._latest = name
