"""The ways out for alert messages that the settings name."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from clickwatch.settings import AppSettings
from clickwatch.speed.alerts.dispatch import Dispatcher
from clickwatch.speed.alerts.dispatch_thread import DispatchThread
from clickwatch.speed.alerts.handlers.factory import AlertHandlerFactory
from clickwatch.store.database import Store
from clickwatch.wiring.home import Home
from clickwatch.wiring.log import wall_clock

_DRAIN_SECONDS = 5.0


@contextmanager
def delivering(settings: AppSettings, home: Home, store: Store) -> Iterator[None]:
    """Deliver messages beside the stream; at the end, for a moment, what is still due."""
    handlers = AlertHandlerFactory(settings.alert_file or home.alerts).make(settings.alert_handlers)
    thread = DispatchThread(Dispatcher(store, handlers, wall_clock, Random()))
    thread.start()
    try:
        yield
    finally:
        thread.stop(drain=_DRAIN_SECONDS)
