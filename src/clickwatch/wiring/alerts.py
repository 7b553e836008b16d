"""The ways out for alert messages that the settings name."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from clickwatch.settings import AppSettings
from clickwatch.speed.alerts.dispatch import Dispatcher, cancel_unchosen
from clickwatch.speed.alerts.dispatch_thread import DispatchThread, stop_all
from clickwatch.speed.alerts.handlers.factory import AlertHandlerFactory
from clickwatch.store.database import Store
from clickwatch.wiring.home import Home
from clickwatch.wiring.log import wall_clock

_DRAIN_SECONDS = 5.0


@contextmanager
def delivering(settings: AppSettings, home: Home, store: Store) -> Iterator[None]:
    """Deliver messages beside the stream, each handler in a thread of its own; at the end what is due, for a moment."""
    handlers = AlertHandlerFactory(settings.alert_file or home.alerts).make(settings.alert_handlers)
    cancel_unchosen(store, [handler.name for handler in handlers])
    threads = [DispatchThread(Dispatcher(store, handler, wall_clock, Random())) for handler in handlers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop_all(threads, drain=_DRAIN_SECONDS)
