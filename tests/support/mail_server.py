"""A mail server on 127.0.0.1 that takes mail, or refuses it as it is told to."""

import asyncio
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "shop", "correct horse battery"


@dataclass(frozen=True)
class Mail:
    """One mail as it came."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail taken apart."""
        parsed = BytesParser(policy=default).parsebytes(self.raw)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class TestMailServer:
    """What comes is in `mails`, who logged in in `logins`; the answers can be changed at any time."""

    __test__ = False

    tls: ssl.SSLContext | None = None
    is_tls_from_the_start: bool = False
    needs_login: bool = False
    refused: Mapping[str, str] = field(default_factory=dict)
    """Recipient -> the reply to it."""
    answer: str | None = "250 taken"
    """The reply to a mail; None: there is never one."""
    login_refusal: str = "535 5.7.8 wrong user or password"
    mails: list[Mail] = field(default_factory=list)
    logins: list[tuple[bytes, bytes, bool]] = field(default_factory=list)
    """User, password, and whether the line was encrypted."""
    greeted_as: list[str] = field(default_factory=list)
    port: int = 0

    @contextmanager
    def running(self) -> Iterator["TestMailServer"]:
        """Serve until the end of the block."""
        loop = asyncio.new_event_loop()
        started, ending = threading.Event(), asyncio.Event()
        thread = threading.Thread(target=lambda: loop.run_until_complete(self._serve(loop, started, ending)))
        thread.start()
        started.wait(10)
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(ending.set)
            thread.join()
            loop.close()

    async def _serve(self, loop: asyncio.AbstractEventLoop, started: threading.Event, ending: asyncio.Event) -> None:
        at_once = self.tls if self.is_tls_from_the_start else None
        server = await loop.create_server(lambda: self._session(loop), "127.0.0.1", 0, ssl=at_once)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await ending.wait()
        server.close()
        for task in asyncio.all_tasks(loop) - {asyncio.current_task(loop)}:
            task.cancel()

    def _session(self, loop: asyncio.AbstractEventLoop) -> SMTP:
        return SMTP(
            self,
            loop=loop,
            hostname="mail.example",
            tls_context=None if self.is_tls_from_the_start else self.tls,
            auth_required=self.needs_login,
            auth_require_tls=not self.needs_login,
            authenticator=self._authenticate if self.needs_login else None,
        )

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password, session.ssl is not None or self.is_tls_from_the_start))
        is_right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=is_right, handled=False, message=None if is_right else self.login_refusal)

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.greeted_as.append(hostname)
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert envelope.mail_from is not None and isinstance(envelope.content, bytes)
        self.mails.append(Mail(envelope.mail_from, tuple(envelope.rcpt_tos), envelope.content))
        if self.answer is None:
            await asyncio.sleep(60)
        return self.answer or ""
