"""The mail server that takes alerts, and who gets them: plain values, judged without asking anybody."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address


class MailSecurity(StrEnum):
    """How the connection to the mail server is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


DEFAULT_PORTS = {MailSecurity.STARTTLS: 587, MailSecurity.TLS: 465, MailSecurity.NONE: 25}
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9._])?")


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over, as whom. `user` None: without a login."""

    host: str
    port: int
    security: MailSecurity = MailSecurity.STARTTLS
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Envelope:
    """The address that mail comes from, and those that it goes to."""

    sender: str
    recipients: tuple[str, ...]


def check_mail_address(text: str) -> str:
    """`text` if it is a plain address such as `ann@example.com`. Raises ValueError."""
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"{text!r} is not a plain mail address such as ann@example.com")
    return text


def check_mail_host(text: str) -> str:
    """`text` if it is a host's name or a numeric address, without a port. Raises ValueError."""
    if _HOST.fullmatch(text):
        return text
    try:
        ip_address(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a host's name; the port goes into SMTP_PORT") from None
    return text
