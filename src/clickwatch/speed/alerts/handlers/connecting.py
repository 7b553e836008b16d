"""Connections to other machines within a deadline: a name is looked up once, the connection made to what was found."""

import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from clickwatch.domain.plain_text import printable
from clickwatch.speed.alerts.handlers.deadline import Deadline
from clickwatch.speed.alerts.handlers.port import DeliveryError

Resolver = Callable[[str, int], Sequence[str]]
"""The numeric addresses of a host and port, the preferred one first. Raises OSError or UnicodeError."""


def system_resolver(host: str, port: int) -> Sequence[str]:
    """The addresses that this system knows for a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def look_up(host: str, port: int, resolve: Resolver, deadline: Deadline) -> Sequence[str]:
    """The addresses of a host, at least one. Raises DeliveryError, TimeoutError."""
    answer: Future[Sequence[str]] = Future()

    def ask() -> None:
        try:
            answer.set_result(resolve(host, port))
        except (OSError, UnicodeError) as error:
            answer.set_exception(error)

    # The system's resolver cannot be interrupted: it is left behind, and ends by itself after its own time.
    threading.Thread(target=ask, name="clickwatch-look-up", daemon=True).start()
    try:
        addresses = answer.result(timeout=deadline.left())
    except TimeoutError:
        raise
    except (OSError, UnicodeError) as error:
        raise DeliveryError(f"no address is known for {host} ({reason(error)})") from None
    if not addresses:
        raise DeliveryError(f"no address is known for {host}")
    return addresses


def connect(host: str, addresses: Sequence[str], port: int, deadline: Deadline) -> socket.socket:
    """A connection to the first address that takes it, watched by the deadline. Raises DeliveryError, TimeoutError."""
    problem: OSError = TimeoutError()
    for number, address in enumerate(addresses):
        share = deadline.left() / (len(addresses) - number)
        try:
            connection = socket.create_connection((address, port), timeout=share)
        except OSError as error:
            problem = error
            continue
        deadline.watch(connection)
        connection.settimeout(deadline.seconds)
        return connection
    raise DeliveryError(f"{host} cannot be reached at port {port} ({reason(problem)})")


def secure(connection: socket.socket, host: str, context: ssl.SSLContext) -> ssl.SSLSocket:
    """The connection under TLS, its certificate checked against the host's name. Raises OSError; it is closed then."""
    try:
        return context.wrap_socket(connection, server_hostname=host.rstrip("."))
    except BaseException:
        connection.close()
        raise


def reason(error: Exception) -> str:
    """What is wrong, in a few words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return printable(f"its certificate is not accepted: {error.verify_message}")
    if isinstance(error, ssl.SSLError):
        return printable(f"TLS failed: {(error.reason or 'unknown').replace('_', ' ').lower()}")
    if isinstance(error, TimeoutError):
        return "no answer in time"
    words = error.strerror if isinstance(error, OSError) and error.strerror else "the connection was broken"
    return printable(words[:1].lower() + words[1:])
