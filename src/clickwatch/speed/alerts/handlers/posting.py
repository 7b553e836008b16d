"""One HTTP request over a connection that is already made and checked: the one place that imports urllib3."""

import logging
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from clickwatch.speed.alerts.handlers.deadline import Deadline
from clickwatch.speed.alerts.handlers.port import DeliveryError, DeliveryUncertain
from clickwatch.speed.alerts.handlers.webhook_target import WebhookTarget

_MOST_BYTES = 64 * 1024
# It warns of malformed headers with the whole address, which is a secret.
logging.getLogger("urllib3.connection").disabled = True


@dataclass(frozen=True)
class Answer:
    """What came back: the status, and the beginning of the body as far as it came in time."""

    status: int
    body: bytes


def post(
    connection: socket.socket, target: WebhookTarget, body: bytes, headers: Mapping[str, str], deadline: Deadline
) -> Answer:
    """Send the body to the target's path and close the connection; no redirect, no retry, no proxy.

    Raises DeliveryError if it was not sent, DeliveryUncertain if it was and no status came back.
    """
    kind = HTTPSConnection if target.scheme == "https" else HTTPConnection
    http = kind(target.host, target.port, timeout=deadline.seconds)
    http.sock = connection
    http.auto_open = 0  # never to connect by itself, to an address that nobody has checked
    try:
        http.request("POST", target.path, body, headers, preload_content=False, decode_content=False)
    except (OSError, HTTPException, HTTPError):
        http.close()
        raise DeliveryError(f"{target.host} broke the connection before the message was sent") from None
    try:
        return _answer(http, deadline)
    except (OSError, HTTPException, HTTPError):
        late = f"no answer within {deadline.seconds:g} s" if deadline.is_over else "no answer that can be read"
        raise DeliveryUncertain(f"{target.host} took the message, and gave {late}") from None
    finally:
        http.close()


def _answer(http: HTTPConnection, deadline: Deadline) -> Answer:
    response = http.getresponse()
    deadline.left()  # headers that were cut off look like headers that ended
    try:
        body = response.read(_MOST_BYTES)
    except (OSError, HTTPException, HTTPError):
        body = b""  # the status has said what became of the message: a body that does not come changes nothing
    finally:
        response.close()
    return Answer(response.status, b"" if deadline.is_over else body)
