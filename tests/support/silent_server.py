"""A server on 127.0.0.1 that takes connections and says nothing, or a piece at a time."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def silent_server(dripping: bytes = b"", piece: int = 1, port: int = 0) -> Iterator[int]:
    """Its port, a free one unless one is named.

    Each connection gets the bytes of `dripping`, a piece every 20 ms, again and again; else nothing.
    """
    ending = threading.Event()
    with socket.create_server(("127.0.0.1", port)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, dripping, piece, ending))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            ending.set()
            thread.join()


def unused_port() -> int:
    """A port of 127.0.0.1 where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _serve(listener: socket.socket, dripping: bytes, piece: int, ending: threading.Event) -> None:
    listener.settimeout(0.02)
    sent: dict[socket.socket, int] = {}
    while not ending.is_set():
        with suppress(TimeoutError):
            sent[listener.accept()[0]] = 0
        for connection, count in sent.items() if dripping else ():
            some = dripping[count % len(dripping) :][:piece]
            sent[connection] += len(some)
            with suppress(OSError):  # it has gone, as it should
                connection.sendall(some)
    for connection in sent:
        connection.close()
