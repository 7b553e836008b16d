"""A terminal of a test's own: a process in it, and what it has written."""

import os
import pty
import struct
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ


class Terminal:
    """Runs a process whose input and outputs are a terminal of `columns` × `lines` characters."""

    def __init__(
        self, words: Sequence[str], folder: Path, environment: dict[str, str], columns: int = 80, lines: int = 24
    ) -> None:
        self._mine, theirs = pty.openpty()
        ioctl(theirs, TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.process = subprocess.Popen(
            words, cwd=folder, env={**environment, "TERM": "xterm"}, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        self._written: list[bytes] = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    @property
    def text(self) -> str:
        """All that was written so far, control sequences included; line ends are `\\r\\n`."""
        return b"".join(self._written).decode("utf-8", "replace")

    def close(self) -> None:
        """End the process if it still runs, and give the terminal back."""
        self.process.kill()
        self.process.wait()
        self._reading.join()
        os.close(self._mine)

    def _read(self) -> None:
        with suppress(OSError):  # so the end of the last process in a terminal is told
            while piece := os.read(self._mine, 65536):
                self._written.append(piece)
