"""Alert messages by mail, through a server that one has an account with, or that is one's own."""

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage

from clickwatch.speed.alerts.handlers.connecting import Resolver, connect, look_up, secure, system_resolver
from clickwatch.speed.alerts.handlers.deadline import Deadline
from clickwatch.speed.alerts.handlers.mail import mail_of
from clickwatch.speed.alerts.handlers.mail_server import Envelope, MailSecurity, MailServer
from clickwatch.speed.alerts.handlers.port import DeliveryError, DeliveryUncertain, Message, PartlyDelivered
from clickwatch.speed.alerts.handlers.smtp_session import SmtpSession, in_words, is_reply, refusals


class EmailHandler:
    """Sends each message as one mail to all recipients, in a session of its own."""

    name = "email"

    def __init__(
        self,
        server: MailServer,
        envelope: Envelope,
        clock: Callable[[], int],
        seconds: float = 20.0,
        resolve: Resolver = system_resolver,
        tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        """`clock` gives µs since the Unix epoch, UTC; a delivery is given up after `seconds`, whatever it waits for.

        `tls` is asked anew for each delivery, so that renewed certificates of the system count without a restart.
        """
        self._server = server
        self._envelope = envelope
        self._clock = clock
        self._seconds = seconds
        self._resolve = resolve
        self._tls = tls

    def deliver(self, message: Message, delivery_id: str) -> None:
        """Send the mail; done when the server has taken it for all recipients. Raises DeliveryError.

        If it was taken for some of them, PartlyDelivered: sending again would send it to these again.
        """
        mail = mail_of(message, delivery_id, self._envelope, self._clock())
        with Deadline(self._seconds) as deadline:
            refused = self._send(mail, deadline)
        if refused:
            raise PartlyDelivered(f"mail server {self._server.host} refused {refusals(refused, self._server)}")

    def _send(self, mail: EmailMessage, deadline: Deadline) -> dict[str, tuple[int, bytes]]:
        """The recipients that were refused, if any was accepted."""
        session: SmtpSession | None = None
        try:
            session = self._session(deadline)
            refused = session.send_message(mail, self._envelope.sender, self._envelope.recipients)
            with suppress(OSError, smtplib.SMTPException):  # the mail is taken, however the server says goodbye
                session.putcmd("QUIT")
            return refused
        except (OSError, smtplib.SMTPException) as error:
            words = in_words(error, self._server, deadline)
            is_answered = is_reply(error) and not deadline.is_over
            if session is not None and session.is_sending and not is_answered:
                raise DeliveryUncertain(words) from None
            raise DeliveryError(words) from None
        finally:
            if session is not None:
                session.close()

    def _session(self, deadline: Deadline) -> SmtpSession:
        """A session that is ready for a mail. Raises DeliveryError, OSError, SMTPException."""
        server = self._server
        context = None if server.security is MailSecurity.NONE else self._tls()
        addresses = look_up(server.host, server.port, self._resolve, deadline)
        connection = connect(server.host, addresses, server.port, deadline)
        if server.security is MailSecurity.TLS and context is not None:
            connection = secure(connection, server.host, context)
        # A name that is known: servers that look at it refuse that of a machine which is in no directory.
        session = SmtpSession(connection, server.host, self._envelope.sender.rpartition("@")[2])
        try:
            session.begin(server, context)
        except BaseException:
            session.close()
            raise
        return session
