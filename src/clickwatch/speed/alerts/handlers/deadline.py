"""One end in time for a whole exchange with another machine, however it spreads its bytes."""

import os
import socket
import threading
import time
from contextlib import suppress


class Deadline:
    """While entered, connections that it watches are cut when the time is over.

    A socket's own timeout begins anew with every byte that comes, so a machine that drips would hold its reader for
    ever. A connection that is cut ends what waits for it, in whichever thread.
    """

    def __init__(self, seconds: float) -> None:
        """`seconds` from now."""
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._watched: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> "Deadline":
        self._timer.start()
        return self

    def __exit__(self, *ending: object) -> None:
        self._timer.cancel()
        with self._lock:
            while self._watched:
                self._watched.pop().close()

    @property
    def is_over(self) -> bool:
        """Whether the time has run out."""
        return time.monotonic() >= self._end

    def left(self) -> float:
        """Seconds that are left, more than 0. Raises TimeoutError if there are none."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds

    def watch(self, connection: socket.socket) -> None:
        """Cut this connection too when the time is over, however it is wrapped from now on."""
        # A second descriptor of the same connection stays good while the first is wrapped in TLS, or closed.
        with self._lock:
            self._watched.append(socket.socket(fileno=os.dup(connection.fileno())))
        if self.is_over:
            self._cut()

    def _cut(self) -> None:
        with self._lock:
            for connection in self._watched:
                with suppress(OSError):  # the other side was faster
                    connection.shutdown(socket.SHUT_RDWR)
