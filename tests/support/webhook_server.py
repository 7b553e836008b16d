"""A web server on 127.0.0.1 that takes alert messages as badly as it is told to."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATH = "/services/T0000/B0000/XsecretX"


@dataclass(frozen=True)
class Posted:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


class WebhookServer:
    """Keeps what is posted and answers each request by `behaviour`, which writes to the request's `wfile`."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.posted: list[Posted] = []
        self.behaviour: Callable[[BaseHTTPRequestHandler], None] = answers(200, b"ok")
        self.ending = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._scheme = "http" if tls is None else "https"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its address, with a path that is a secret."""
        return f"{self._scheme}://127.0.0.1:{self.port}{PATH}"

    @contextmanager
    def running(self) -> Iterator["WebhookServer"]:
        """Serve until the end of the block; requests that hang are let go then."""
        self._thread.start()
        try:
            yield self
        finally:
            self.ending.set()
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()


def _handler(server: WebhookServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.posted.append(Posted(self.path, dict(self.headers.items()), body))
            with suppress(OSError):  # the other side has given up, which is what most tests are about
                server.behaviour(self)

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

        def handle(self) -> None:
            with suppress(OSError):  # a client that refuses the certificate goes in the middle of the handshake
                super().handle()

    return Handler


def answers(status: int, body: bytes = b"", **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answers at once."""

    def behave(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return behave


def writes(answer: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    """Writes these bytes, whatever they mean."""

    def behave(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(answer)

    return behave


def hangs(server: WebhookServer) -> Callable[[BaseHTTPRequestHandler], None]:
    """Never answers."""

    def behave(request: BaseHTTPRequestHandler) -> None:
        server.ending.wait(60)

    return behave


@dataclass
class Dripping:
    """Writes `at_once`, then a byte every 20 ms without end; counts them."""

    server: WebhookServer
    at_once: bytes
    piece: bytes = b"x"
    written: int = field(default=0)

    def __call__(self, request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(self.at_once)
        while not self.server.ending.wait(0.02):
            request.wfile.write(self.piece)
            self.written += 1


@dataclass
class Flooding:
    """Answers `status` with a body that does not end, as fast as it is read; counts the bytes."""

    server: WebhookServer
    status: int
    written: int = field(default=0)

    def __call__(self, request: BaseHTTPRequestHandler) -> None:
        request.send_response(self.status)
        request.end_headers()
        while not self.server.ending.is_set():
            self.written += request.wfile.write(bytes(1 << 16))
