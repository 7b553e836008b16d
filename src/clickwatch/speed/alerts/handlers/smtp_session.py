"""A conversation with a mail server: connected, encrypted, logged in; its refusals in harmless words."""

import base64
import smtplib
import socket
import ssl
from collections.abc import Mapping
from typing import Any, BinaryIO, TypeGuard

from clickwatch.domain.plain_text import printable
from clickwatch.speed.alerts.handlers.connecting import reason
from clickwatch.speed.alerts.handlers.deadline import Deadline
from clickwatch.speed.alerts.handlers.mail_server import MailSecurity, MailServer
from clickwatch.speed.alerts.handlers.port import DeliveryError
from clickwatch.speed.alerts.handlers.public_address import is_loopback

_LONGEST_REPLY = 120
_GREETING = 220
_MOST_BYTES = 256 * 1024


class _Bounded:
    """What a server says, which ends where it says more than any server has to."""

    def __init__(self, lines: BinaryIO) -> None:
        self._lines = lines
        self._left = _MOST_BYTES

    def readline(self, limit: int) -> bytes:
        line = self._lines.readline(limit)
        self._left -= len(line)
        if self._left < 0:
            raise OSError("the server says too much")
        return line

    def close(self) -> None:
        self._lines.close()


class SmtpSession(smtplib.SMTP):
    """smtplib over a connection that is made already, to an address that was looked up in time."""

    def __init__(self, connection: socket.socket, host: str, own_name: str) -> None:
        """`host` is the name that the server's certificate has to bear, `own_name` what this side calls itself."""
        super().__init__(local_hostname=own_name)
        self._host = host.rstrip(".")
        self._connection = connection
        self.is_sending = False

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._connection

    def getreply(self) -> tuple[int, bytes]:
        """The server's next reply, from a session that is bounded in all that it says."""
        if self.file is None and self.sock is not None:
            self.file = _Bounded(self.sock.makefile("rb"))
        return super().getreply()

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Hand over the mail itself; from now on an end without an answer leaves open whether it was taken."""
        self.is_sending = True
        return super().data(msg)

    def begin(self, server: MailServer, tls: ssl.SSLContext | None) -> None:
        """Take the greeting, encrypt with `tls` if the server is one for STARTTLS, and log in. Raises SMTPException.

        Raises DeliveryError where going on would show the password to others.
        """
        code, reply = self.connect(server.host, server.port)
        if code != _GREETING:
            raise smtplib.SMTPConnectError(code, reply)
        if server.security is MailSecurity.STARTTLS:
            self._encrypt(server, tls)
        if server.user is not None and server.password is not None:
            self._log_in(server, server.user, server.password)

    def _encrypt(self, server: MailServer, tls: ssl.SSLContext | None) -> None:
        try:
            self.starttls(context=tls)
        except smtplib.SMTPNotSupportedError:
            raise DeliveryError(f"mail server {server.host} offers no STARTTLS; nothing was sent") from None

    def _log_in(self, server: MailServer, user: str, password: str) -> None:
        if server.security is MailSecurity.NONE and not is_loopback(self._connection.getpeername()[0]):
            raise DeliveryError(f"mail server {server.host} is another machine: no login without encryption")
        try:
            self.login(user, password)
        except smtplib.SMTPAuthenticationError as error:
            raise DeliveryError(f"mail server {server.host} refused the login: {_reply(error, server)}") from None
        except (smtplib.SMTPResponseException, smtplib.SMTPServerDisconnected):
            raise
        except smtplib.SMTPException:
            raise DeliveryError(f"mail server {server.host} offers no login that is known here") from None
        except ValueError:  # smtplib decodes the server's challenge without a look at it
            raise DeliveryError(f"mail server {server.host} gave no answer that can be read") from None


def in_words(error: Exception, server: MailServer, deadline: Deadline) -> str:
    """Why a conversation did not come to its end."""
    host = f"mail server {server.host}"
    if deadline.is_over or isinstance(error, TimeoutError):  # first: a reply that was cut off looks like a refusal
        return f"{host} gave no answer within {deadline.seconds:g} s"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"{host} refused {refusals(error.recipients, server)}"
    if is_reply(error):
        return f"{host} refused: {_reply(error, server)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{host} gave no answer that can be read"
    return f"{host}: {reason(error)}"


def is_reply(error: Exception) -> TypeGuard[smtplib.SMTPResponseException]:
    """Whether it is what the server answered, and not something that is no answer at all."""
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code > 0


def refusals(refused: Mapping[str, tuple[int, bytes]], server: MailServer) -> str:
    """Who was refused, and the server's words for it."""
    return ", ".join(f"{address}: {_harmless(code, reply, server)}" for address, (code, reply) in refused.items())


def _reply(error: smtplib.SMTPResponseException, server: MailServer) -> str:
    return _harmless(error.smtp_code, error.smtp_error, server)


def _harmless(code: int, reply: bytes | str, server: MailServer) -> str:
    """A reply on one line, cut; without its words if they repeat the login."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    shown = printable(" ".join(text.split()))
    if any(secret in shown for secret in _secrets(server)):
        return str(code)
    return f"{code} {shown}" if len(shown) <= _LONGEST_REPLY else f"{code} {shown[:_LONGEST_REPLY]}…"


def _secrets(server: MailServer) -> list[str]:
    """The password as it is, and as it goes over the line."""
    if not server.password:
        return []
    raw = (server.password, f"\0{server.user}\0{server.password}")
    return [server.password, *(base64.b64encode(text.encode()).decode("ascii") for text in raw)]
