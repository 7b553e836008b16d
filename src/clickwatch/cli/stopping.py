"""Ctrl-C and SIGTERM as a wish that is granted at the next clean place, not as an interruption."""

import signal
import sys
import threading
from types import FrameType, TracebackType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopOnSignal:
    """While entered, the first signal is only noted (call it to ask, or wait for `event`); the second ends at once."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self._received: int | None = None
        self._before: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> "StopOnSignal":
        self._before = {number: signal.signal(number, self._note) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __call__(self) -> bool:
        """Whether a signal came."""
        return self._received is not None

    @property
    def exit_code(self) -> int:
        """0, or as shells report a signal: 130 for Ctrl-C, 143 for SIGTERM."""
        return 0 if self._received is None else 128 + self._received

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._received is not None:
            sys.exit(128 + number)
        self._received = number
        self.event.set()
