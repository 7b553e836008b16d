"""Alert messages for a chat or another service, posted as JSON and signed.

A proxy from the environment is not used: the address is looked up and checked here, and a proxy would look it up
again. Whoever needs one posts to a relay of their own, and allows its address.
"""

import hashlib
import hmac
import re
import ssl
from collections.abc import Callable
from http import HTTPStatus

from clickwatch.domain.window import SECOND
from clickwatch.speed.alerts.handlers.connecting import (
    Resolver,
    connect,
    look_up,
    reason,
    secure,
    system_resolver,
)
from clickwatch.speed.alerts.handlers.deadline import Deadline
from clickwatch.speed.alerts.handlers.port import DeliveryError, Message
from clickwatch.speed.alerts.handlers.posting import Answer, post
from clickwatch.speed.alerts.handlers.public_address import is_public
from clickwatch.speed.alerts.handlers.slack import slack_body
from clickwatch.speed.alerts.handlers.webhook_target import WebhookTarget

_WORD = re.compile(r"[a-z]+(?:_[a-z]+)*")
_LONGEST_WORD = 40


class WebhookHandler:
    """Posts each message once per call, over a connection of its own."""

    name = "webhook"

    def __init__(
        self,
        target: WebhookTarget,
        clock: Callable[[], int],
        seconds: float = 10.0,
        resolve: Resolver = system_resolver,
        tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        """`clock` gives µs since the Unix epoch, UTC; a delivery is given up after `seconds`, whatever it waits for.

        `tls` is asked anew for each delivery, so that renewed certificates of the system count without a restart.
        """
        self._target = target
        self._clock = clock
        self._seconds = seconds
        self._resolve = resolve
        self._tls = tls

    def deliver(self, message: Message, delivery_id: str) -> None:
        """Post the message; any 2xx is a success. Raises DeliveryError."""
        host = self._target.host
        body = slack_body(message)
        with Deadline(self._seconds) as deadline:
            try:
                answer = self._post(body, delivery_id, deadline)
            except TimeoutError:
                raise DeliveryError(f"{host} gave no answer within {self._seconds:g} s") from None
            except OSError as error:
                late = f"no answer within {self._seconds:g} s" if deadline.is_over else reason(error)
                raise DeliveryError(f"{host}: {late}") from None
        if not 200 <= answer.status < 300:
            raise DeliveryError(f"{host} answered {_in_words(answer, self._target)}")

    def _post(self, body: bytes, delivery_id: str, deadline: Deadline) -> Answer:
        """Raises DeliveryError, OSError."""
        target = self._target
        addresses = look_up(target.host, target.port, self._resolve, deadline)
        for address in addresses:
            if not (target.allow_private or is_public(address)):
                raise DeliveryError(
                    f"{target.host} leads to {address}, which is not a public address; nothing was sent "
                    "(ALERT_WEBHOOK_ALLOW_PRIVATE allows it)"
                )
        context = self._tls() if target.scheme == "https" else None
        connection = connect(target.host, addresses, target.port, deadline)
        if context is not None:
            connection = secure(connection, target.host, context)
        return post(connection, target, body, self._headers(body, delivery_id), deadline)

    def _headers(self, body: bytes, delivery_id: str) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "clickwatch",
            "Accept-Encoding": "identity",
            "Connection": "close",
            "X-Clickwatch-Delivery": delivery_id,
        }
        if self._target.secret is not None:
            timestamp = str(self._clock() // SECOND)
            headers["X-Clickwatch-Timestamp"] = timestamp
            headers["X-Clickwatch-Signature"] = f"v1={signature(self._target.secret, delivery_id, timestamp, body)}"
        return headers


def signature(secret: str, delivery_id: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA-256 of `id.timestamp.body` with the secret, in hex; the timestamp is in seconds since the Unix epoch.

    The id is signed too: else a recorded request could be sent again as another one.
    """
    return hmac.new(secret.encode(), f"{delivery_id}.{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def _in_words(answer: Answer, target: WebhookTarget) -> str:
    """The status, and Slack's one word for the reason; never other text, which may quote the address."""
    try:
        status = f"{answer.status} {HTTPStatus(answer.status).phrase}"
    except ValueError:
        status = str(answer.status)
    if 300 <= answer.status < 400:
        return f"{status}: a redirect, which is not followed; ALERT_WEBHOOK_URL has to name the final address"
    word = answer.body[: _LONGEST_WORD + 1].decode("latin-1").strip()
    is_plain = len(word) <= _LONGEST_WORD and _WORD.fullmatch(word) and word not in target.path
    return f"{status} ({word})" if is_plain else status
