"""A home with a few events in it, to be streamed, damaged and looked at."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from clickwatch.domain.reference import Truth
from clickwatch.eventlog.port import Buffer, EventLog, RecordBlock, new_buffer
from clickwatch.settings import AppSettings, load_settings
from clickwatch.speed.effects import EpochReport
from clickwatch.wiring.beginning import Watch
from clickwatch.wiring.home import Home
from clickwatch.wiring.pipeline import stream_from
from tests.support.embedded_runs import KEY
from tests.support.findings import found
from tests.support.memory_log import Entry, MemoryLog
from tests.support.timelines import act


def entry(at: float, product: str = "p", event_type: str = "view", **more: Any) -> Entry:
    """An event at a minute after midnight, logged then unless `logged` says another minute."""
    made = act(at, product, event_type, **more)
    return Entry(made.log_time, made.raw)


def shopping(first: int, last: int) -> list[Entry]:
    """A view in each minute from `first` to before `last`, each with an id of its own."""
    return [entry(minute, event_id=f"e{minute}") for minute in range(first, last)]


class SmallHome:
    """A home and how it is streamed; `settings` are those that differ from the defaults."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.home = Home(folder)
        self._values: dict[str, Any] = {"pseudonym_key": KEY, "alert_handlers": (), **settings}

    def settings(self, **changes: Any) -> AppSettings:
        """The settings of this home, changed."""
        return load_settings(clickwatch_home=self.home.folder, **{**self._values, **changes})

    def stream(
        self,
        log: EventLog,
        *,
        stop: threading.Event | None = None,
        until_caught_up: bool = True,
        on_epoch: Callable[[EpochReport], None] = lambda report: None,
        on_step: Callable[[str], None] = lambda step: None,
        **changes: Any,
    ) -> None:
        """Run the pipeline over a log, with some settings changed."""
        watch = Watch(on_epoch, on_step)
        stream_from(
            log, self.settings(**changes), stop or threading.Event(), until_caught_up=until_caught_up, watch=watch
        )

    def found(self, partitions: int = 1) -> Truth:
        """What store and archive say."""
        return found(self.home, partitions)


class GrowingLog(MemoryLog):
    """A log that gets more records while it is read; it is away, and asking it hangs, while `there` is not set."""

    def __init__(self, partitions: Sequence[Sequence[Entry]]) -> None:
        super().__init__(partitions)
        self._entries = [list(entries) for entries in partitions]
        self._log = MemoryLog(self._entries)
        self.there = threading.Event()
        self.there.set()

    def add(self, partition: int, *entries: Entry) -> None:
        """Append records with log times of their own."""
        self._entries[partition].extend(entries)
        self._log = MemoryLog(self._entries)

    def end_offset(self, partition: int) -> int:
        assert self.there.wait(60)
        return self._log.end_offset(partition)

    def read(
        self, partition: int, offset: int, max_bytes: int, until: int | None = None, buffer: Buffer = new_buffer
    ) -> RecordBlock:
        return self._log.read(partition, offset, max_bytes, until, buffer)
