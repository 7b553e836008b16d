"""The dispatcher's own thread in the stream process: deliveries never hold the stream up."""

import threading
import time
from collections.abc import Callable

import structlog

from clickwatch.errors import ClickwatchError
from clickwatch.speed.alerts.dispatch import Dispatcher

_GRACE_SECONDS = 1.0
_log = structlog.get_logger(__name__)


class DispatchThread:
    """Runs a dispatcher until it is stopped. A store that cannot be used now is tried again later."""

    def __init__(self, dispatcher: Dispatcher, poll: float = 0.5, pause: float = 5.0) -> None:
        """`poll` seconds between looks for due messages; `pause` seconds after an error of the store."""
        self._dispatcher = dispatcher
        self._poll = poll
        self._pause = pause
        self._wake = threading.Event()
        self._stopping = False
        self._deadline = 0.0
        self._thread = threading.Thread(target=self._run, name="clickwatch-dispatch", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def wake(self) -> None:
        """Look for due messages now, such as after a commit that wrote some."""
        self._wake.set()

    def stop(self, drain: float) -> bool:
        """Deliver what is due for at most `drain` seconds, then end; whether the thread ended in time.

        What is not delivered stays in the outbox for the next start.
        """
        self._deadline = time.monotonic() + drain
        self._stopping = True
        self._wake.set()
        self._thread.join(drain + _GRACE_SECONDS)
        return not self._thread.is_alive()

    def _run(self) -> None:
        self._attempt(self._dispatcher.cancel_unchosen)
        while not self._stopping:
            is_sound = self._attempt(self._dispatcher.deliver_due) is not None
            self._wake.wait(self._poll if is_sound else self._pause)
            self._wake.clear()
        while time.monotonic() < self._deadline and self._attempt(self._dispatcher.deliver_due):
            pass

    def _attempt(self, step: Callable[[], int]) -> int | None:
        """What the step returns; None after an error of the store."""
        try:
            return step()
        except ClickwatchError as error:
            _log.warning("alerts wait", reason=str(error))
            return None
