"""A way to a PostgreSQL server that breaks at commits: before they get there, or after, with the answer lost."""

import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto
from urllib.parse import urlsplit

_COMMIT = b"COMMIT\x00"  # and not the end of "begin isolation level read committed"


class Cut(Enum):
    """Where the connection breaks."""

    BEFORE = auto()
    AFTER = auto()
    UNNOTICED = auto()
    """Before, and the server is not told: its session stays."""


class CuttingProxy:
    """Passes everything on, but for the commits that `plan` breaks; it is asked at each, with its number from 1."""

    def __init__(self, address: str, plan: Callable[[int], Cut | None]) -> None:
        """`address` is the server's, as DATABASE_URL has it."""
        self.cuts: list[Cut] = []
        self._server = (urlsplit(address).hostname or "", urlsplit(address).port or 0)
        self._plan = plan
        self._commits = 0
        self._left: list[socket.socket] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.address = address.replace(f":{self._server[1]}/", f":{port}/")

    @contextmanager
    def running(self) -> Iterator["CuttingProxy"]:
        """Take connections for as long as the block lasts."""
        threading.Thread(target=self._accept, daemon=True).start()
        try:
            yield self
        finally:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            for server in self._left:
                server.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.create_connection(self._server) as server:
            other = {client: server, server: client}
            while True:
                for end in select.select([client, server], [], [])[0]:
                    data = end.recv(1 << 16)
                    cut = self._cut(data) if end is client else None
                    if cut is Cut.UNNOTICED:
                        self._left.append(server.dup())
                    if not data or cut in (Cut.BEFORE, Cut.UNNOTICED):
                        return
                    other[end].sendall(data)
                    if cut is Cut.AFTER:
                        server.recv(1 << 16)  # it is done; the answer reaches nobody
                        return

    def _cut(self, data: bytes) -> Cut | None:
        if _COMMIT not in data:
            return None
        with self._lock:
            self._commits += 1
            cut = self._plan(self._commits)
            if cut is not None:
                self.cuts.append(cut)
            return cut
