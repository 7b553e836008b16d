"""The demonstration's home, settings and traffic: nothing of it ever mixes with a shop's own data."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from clickwatch.domain.window import DAY, HOUR, SECOND
from clickwatch.errors import StorageError
from clickwatch.eventlog.port import EventLog
from clickwatch.settings import AppSettings
from clickwatch.sources.pace import Pace
from clickwatch.sources.profiles import DataGeneratorFactory, Wish
from clickwatch.sources.traffic import TrafficGenerator
from clickwatch.sources.writer import LogWriter, deliver
from clickwatch.wiring.beginning import monotonic
from clickwatch.wiring.home import Home
from clickwatch.wiring.log import open_log, wall_clock

RATE = 10.0
"""Events per second of the last hour and of live traffic."""
_EPOCH_BYTES = 4 * 1024 * 1024
_BATCH_MIB = 192


@dataclass(frozen=True)
class DemoTraffic:
    """What goes onto the log before the pipeline runs: a whole UTC day, and the hour up to now."""

    day: TrafficGenerator
    hour: TrafficGenerator

    @property
    def events(self) -> int:
        """How many events both have."""
        return self.day.plan.events + self.hour.plan.events


def demo_settings(settings: AppSettings, now: int) -> AppSettings:
    """The settings for a demonstration at `now` (µs, UTC): a home without events, and no way out to other people.

    The home is the one that is set if that was chosen and holds nothing yet; else a new folder beside it.
    Raises StorageError if it cannot be made.
    """
    home = Home(settings.clickwatch_home.expanduser().absolute())
    is_chosen = "clickwatch_home" in settings.model_fields_set
    is_used = any(part.exists() for part in (home.log, home.store, home.archive))
    changed = {
        "clickwatch_home": home.folder if is_chosen and not is_used else _new_folder(home.folder, now),
        "alert_handlers": tuple(name for name in settings.alert_handlers if name in ("console", "file")),
        "alert_file": None,
        "database_url": None,
        "epoch_max_bytes": min(settings.epoch_max_bytes, _EPOCH_BYTES),
        "judging_processes": 0,
        "batch_memory": min(settings.batch_memory, _BATCH_MIB),
    }
    return settings.model_copy(update=changed)


def _new_folder(beside: Path, now: int) -> Path:
    moment = datetime.fromtimestamp(now // SECOND, UTC).strftime("%Y%m%d-%H%M%S")
    for number in count(1):
        folder = beside.with_name(f"{beside.name}-demo-{moment}{f'-{number}' if number > 1 else ''}")
        try:
            folder.mkdir(parents=True, mode=0o700)
        except FileExistsError:
            continue
        except OSError as error:
            raise StorageError(
                f"The demonstration's home {folder} cannot be made: {error.strerror}",
                "Name a folder that can be made, and is not there yet, with CLICKWATCH_HOME",
            ) from error
        return folder
    raise AssertionError("numbers do not end")


def demo_traffic(settings: AppSettings, now: int, events: int, seed: int) -> DemoTraffic:
    """`events` events on the last UTC day that was over an hour ago, and ten a second from then to `now` (µs, UTC).

    So no event of the hour is earlier than one of the day, and none is late.
    """
    begin = now - HOUR
    interest = settings.producer_high_interest_product_ids
    day = Wish(now=now, seed=seed, rate=RATE, high_interest=interest, start=begin // DAY * DAY - DAY, events=events)
    hour = Wish(now=now, seed=seed, rate=RATE, high_interest=interest, start=begin, duration=HOUR)
    return DemoTraffic(DataGeneratorFactory.create("day", day), DataGeneratorFactory.create("steady", hour))


def put_on_log(log: EventLog, traffic: DemoTraffic, stop: threading.Event) -> Iterator[int]:
    """Append all of it at full speed; yields how many events are on the log. Ends early when `stop` is set."""
    writer = LogWriter(log)
    for generator in (traffic.day, traffic.hour):
        for _ in deliver(generator.batches(), writer, None, stop.is_set):
            yield writer.events


def produce_live(settings: AppSettings, duration: int, seed: int, stop: threading.Event) -> int:
    """Put ten events a second onto the log, as they happen, for `duration` (µs) or until `stop`; then sets `stop`.

    How many they were. Raises what the log raises.
    """
    writer: LogWriter | None = None
    log = open_log(settings)
    try:
        now = wall_clock()
        interest = settings.producer_high_interest_product_ids
        wish = Wish(now=now, seed=seed, rate=RATE, high_interest=interest, duration=duration)
        pace = Pace(monotonic, time.sleep, stop.is_set)
        pace.begin(now)
        writer = LogWriter(log)
        for _ in deliver(DataGeneratorFactory.create("steady", wish).batches(), writer, pace, stop.is_set):
            pass
        return writer.events
    finally:
        stop.set()
        log.close()
