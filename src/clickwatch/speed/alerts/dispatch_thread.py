"""Each dispatcher's own thread in the stream process: no delivery holds up the stream, or another handler's."""

import threading
import time
from collections.abc import Sequence

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
        self._drains_until: float | None = None
        name = f"clickwatch-dispatch-{dispatcher.handler}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def wake(self) -> None:
        """Look for due messages now, such as after a commit that wrote some."""
        self._wake.set()

    def begin_to_stop(self, deadline: float) -> None:
        """Deliver what is due until `deadline` (of `time.monotonic`), then end; does not wait for that."""
        self._drains_until = deadline
        self._wake.set()

    def has_stopped(self, deadline: float) -> bool:
        """Wait for the end until `deadline`; whether it has come."""
        self._thread.join(max(0.0, deadline - time.monotonic()))
        if self._thread.is_alive():
            _log.warning(
                "alert handler still busy", handler=self._dispatcher.handler, then="delivers at the next start"
            )
        return not self._thread.is_alive()

    def _run(self) -> None:
        while self._drains_until is None:
            is_sound = self._deliver() is not None
            self._wake.wait(self._poll if is_sound else self._pause)
            self._wake.clear()
        while self._deliver():
            pass

    def _is_ending(self) -> bool:
        return self._drains_until is not None and time.monotonic() >= self._drains_until

    def _deliver(self) -> int | None:
        """How many were settled; None after an error of the store."""
        try:
            return self._dispatcher.deliver_due(self._is_ending)
        except ClickwatchError as error:
            _log.warning("alerts wait", reason=str(error))
            return None


def stop_all(threads: Sequence[DispatchThread], drain: float) -> bool:
    """Let all deliver what is due for at most `drain` seconds, side by side; whether all ended in time.

    What is not delivered stays in the outbox for the next start.
    """
    deadline = time.monotonic() + drain
    for thread in threads:
        thread.begin_to_stop(deadline)
    stopped = [thread.has_stopped(deadline + _GRACE_SECONDS) for thread in threads]
    return all(stopped)
