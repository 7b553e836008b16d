"""Each courier's own thread in the stream process: no delivery holds up the stream, or another courier's."""

import math
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from clickwatch.errors import ClickwatchError
from clickwatch.speed.unforeseen import unforeseen

_GRACE_SECONDS = 1.0
_log = structlog.get_logger(__name__)


class Courier(Protocol):
    """Carries what waits in the store to one place outside."""

    @property
    def name(self) -> str:
        """Where to, in words for people."""

    def deliver_due(self, is_ending: Callable[[], bool]) -> int:
        """Settle what is due, until `is_ending` says so; how much that was. Raises ClickwatchError to pause."""


class CourierThread:
    """Runs a courier until it is stopped. What cannot be done now is tried again later, whatever the courier raises."""

    def __init__(self, courier: Courier, poll: float = 0.5, pause: float = 5.0) -> None:
        """`poll` seconds between looks for what is due; `pause` seconds after an error."""
        self._courier = courier
        self._poll = poll
        self._pause = pause
        self._stopping = threading.Event()
        self._drains_until = math.inf
        name = f"clickwatch-{courier.name}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def begin_to_stop(self, deadline: float) -> None:
        """Deliver what is due until `deadline` (of `time.monotonic`), then end; does not wait for that."""
        self._drains_until = deadline
        self._stopping.set()

    def has_stopped(self, deadline: float) -> bool:
        """Wait for the end until `deadline`; whether it has come."""
        self._thread.join(max(0.0, deadline - time.monotonic()))
        if self._thread.is_alive():
            _log.warning(f"{self._courier.name} still busy", then="delivers at the next start")
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            is_sound = self._deliver() is not None
            self._stopping.wait(self._poll if is_sound else self._pause)
        while self._deliver():
            pass

    def _is_ending(self) -> bool:
        return time.monotonic() >= self._drains_until

    def _deliver(self) -> int | None:
        """How many were settled; None after an error."""
        try:
            return self._courier.deliver_due(self._is_ending)
        except ClickwatchError as error:
            _log.warning(f"{self._courier.name} waits", reason=str(error))
        except Exception as error:  # noqa: BLE001 - a defect of ours ends one attempt, not all that is to come
            _log.error(f"{self._courier.name} failed", reason=unforeseen(error), then="tries again")
        return None


def stop_all(threads: Sequence[CourierThread], drain: float) -> bool:
    """Let all deliver what is due for at most `drain` seconds, side by side; whether all ended in time.

    What is not delivered stays in the store for the next start.
    """
    deadline = time.monotonic() + drain
    for thread in threads:
        thread.begin_to_stop(deadline)
    stopped = [thread.has_stopped(deadline + _GRACE_SECONDS) for thread in threads]
    return all(stopped)
