"""A mail server on 127.0.0.1 that answers with the lines it is given, whatever it is asked."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress


@contextmanager
def scripted_mail_server(replies: Sequence[bytes]) -> Iterator[int]:
    """Its port. The first reply is the greeting, each other one answers a line; after the last one, it hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, replies))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join()


def _serve(listener: socket.socket, replies: Sequence[bytes]) -> None:
    listener.settimeout(30)
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as lines, suppress(OSError):  # the other side may go at any time
        for reply in replies:
            connection.sendall(reply + b"\r\n")
            if not lines.readline():
                break
