"""Where webhook messages are posted to: the address taken apart and judged, without asking anybody."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from clickwatch.speed.alerts.handlers.public_address import is_public

LEAST_SECRET = 16
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class WebhookTarget:
    """A webhook's address in parts, and how it may be reached. `path` (with the query) and `secret` are secrets."""

    scheme: str
    host: str
    port: int
    path: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)
    allow_private: bool = False

    @classmethod
    def parse(
        cls, url: str, secret: str | None = None, *, allow_http: bool = False, allow_private: bool = False
    ) -> "WebhookTarget":
        """Take an address apart. Raises ValueError, whose words never quote the address: it is a secret."""
        if not (url.isascii() and url.isprintable() and " " not in url):
            raise ValueError("it may hold visible ASCII characters only; write other names in punycode (xn--…)")
        scheme, host, port, path = _parts(url)
        if scheme == "http" and not allow_http:
            raise ValueError(
                "it is http, and others could read the alerts on their way; use https, or set ALERT_WEBHOOK_ALLOW_HTTP"
            )
        if not allow_private and not _may_be_public(host):
            raise ValueError("its address is not a public one; set ALERT_WEBHOOK_ALLOW_PRIVATE to allow that")
        return cls(scheme, host, port, path, secret, allow_private)


def _parts(url: str) -> tuple[str, str, int, str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("it is not an address that can be read, such as https://example.com/hook") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("it has to begin with https:// and a host's name")
    if port == 0:
        raise ValueError("its port is 0")
    if "@" in parts.netloc:
        raise ValueError("it has a user or a password in it, which are not supported")
    if "#" in url:
        raise ValueError("it has a # in it; write it as %23 if it belongs to the address")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme], path


def _may_be_public(host: str) -> bool:
    """A name may be, until it is looked up: that is when every address is checked."""
    try:
        ip_address(host)
    except ValueError:
        return True
    return is_public(host)
