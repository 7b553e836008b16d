"""Commands of clickwatch in processes of their own, quick to start: run to their end, stopped or killed on the way."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.support.repository import ROOT

_HANGS_AFTER = 120.0


@dataclass(frozen=True)
class Ended:
    """How a command ended; the exit code of a killed one is the signal's number, negated."""

    exit_code: int
    output: str
    errors: str


@dataclass
class Running:
    """A command at work. Call `end` once, whatever becomes of it."""

    pid: int
    _server: "CommandServer"
    _readers: list["_Collector"]
    _ended: Ended | None = field(default=None)

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens if the command has ended by itself."""
        os.kill(self.pid, number)

    def end(self) -> Ended:
        """Wait for the end of the command, which nothing hurries."""
        if self._ended is None:
            exit_code = self._server.wait(self.pid)
            self._ended = Ended(exit_code, *(reader.text() for reader in self._readers))
        return self._ended

    def errors_so_far(self) -> str:
        """What the command has written to standard error until now."""
        return self._readers[1].so_far()


def await_that(holds: Callable[[], bool], running: Running, seconds: float = 60) -> None:
    """Look until it holds; what the command said if it never does."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, running.errors_so_far()
        time.sleep(0.01)


class CommandServer:
    """Starts commands by forking a process that has the imports behind it."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.fork_server", str(theirs.fileno())],
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def start(
        self,
        *arguments: str,
        module: str = "clickwatch",
        environment: Mapping[str, str] | None = None,
        file_size: int | None = None,
    ) -> Running:
        """Start a command in this process's folder and environment, with the changes of `environment`.

        `file_size` (bytes) limits the files that it may write, as a full disk would.
        """
        message = {
            "module": module,
            "arguments": arguments,
            "folder": str(Path.cwd()),
            "environment": {**os.environ, **(environment or {})},
            "file_size": file_size,
        }
        readers = [_Collector(), _Collector()]
        socket.send_fds(self._socket, [json.dumps(message).encode() + b"\n"], [r.writing_end for r in readers])
        for reader in readers:
            reader.begin()
        return Running(self._answer(), self, readers)

    def run(self, *arguments: str, environment: Mapping[str, str] | None = None, file_size: int | None = None) -> Ended:
        """Run a command to its end."""
        return self.start(*arguments, environment=environment, file_size=file_size).end()

    def wait(self, pid: int) -> int:
        """The exit code of a command, when it has ended. One that hangs is killed, and an AssertionError."""
        self._socket.sendall(json.dumps({"wait": pid}).encode() + b"\n")
        if not select.select([self._socket], [], [], _HANGS_AFTER)[0]:
            os.kill(pid, signal.SIGKILL)
            raise AssertionError(f"the command hangs; killed, it ended with {self._answer()}")
        return self._answer()

    def close(self) -> None:
        """End the server; commands at work are the caller's."""
        self._socket.close()
        self._process.wait()

    def _answer(self) -> int:
        text = b""
        while not text.endswith(b"\n"):
            piece = self._socket.recv(64)
            assert piece, "the process that starts commands has ended"
            text += piece
        return int(text)


class _Collector:
    """Reads a pipe to its end on a thread, so that no command ever waits for its reader."""

    def __init__(self) -> None:
        self._pipe, self.writing_end = os.pipe()
        self._pieces: list[bytes] = []
        self._thread = threading.Thread(target=self._read, daemon=True)

    def begin(self) -> None:
        os.close(self.writing_end)
        self._thread.start()

    def text(self) -> str:
        self._thread.join()
        return self.so_far()

    def so_far(self) -> str:
        return b"".join(self._pieces).decode()

    def _read(self) -> None:
        pipe: IO[bytes]
        with os.fdopen(self._pipe, "rb", buffering=0) as pipe:
            while piece := pipe.read(1 << 16):
                self._pieces.append(piece)
