"""What leaves the house beside the stream: alert messages, and refused records where a topic is named for them."""

from collections.abc import Iterator
from contextlib import contextmanager

from clickwatch.repair.forwarding import QuarantineForwarder
from clickwatch.settings import AppSettings
from clickwatch.speed.courier_thread import Courier, CourierThread, stop_all
from clickwatch.store.database import Store
from clickwatch.wiring.alerts import dispatchers
from clickwatch.wiring.home import Home
from clickwatch.wiring.kafka import quarantine_topic
from clickwatch.wiring.log import wall_clock

_DRAIN_SECONDS = 5.0


@contextmanager
def delivering(settings: AppSettings, home: Home, store: Store) -> Iterator[None]:
    """Deliver beside the stream, each courier in a thread of its own; at the end what is due, for a moment."""
    forwarders = _forwarders(settings, store)
    couriers: list[Courier] = [*dispatchers(settings, home, store), *forwarders]
    threads = [CourierThread(courier) for courier in couriers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        if stop_all(threads, drain=_DRAIN_SECONDS):
            for forwarder in forwarders:
                forwarder.close()


def _forwarders(settings: AppSettings, store: Store) -> list[QuarantineForwarder]:
    if not settings.quarantine_kafka_topic:
        return []
    return [QuarantineForwarder(store, quarantine_topic(settings), wall_clock)]
