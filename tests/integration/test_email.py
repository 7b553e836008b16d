"""The email handler against a real mail server: encrypted, with a login, refusing, hanging or not there."""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import trustme

from clickwatch.domain.window import SECOND
from clickwatch.speed.alerts.handlers.email import EmailHandler
from clickwatch.speed.alerts.handlers.mail_server import Envelope, MailSecurity, MailServer
from clickwatch.speed.alerts.handlers.port import DeliveryError, DeliveryUncertain, PartlyDelivered
from tests.support.alert_messages import HOSTILE, MESSAGE
from tests.support.mail_server import PASSWORD, USER, TestMailServer
from tests.support.scripted_mail_server import scripted_mail_server
from tests.support.silent_server import silent_server, unused_port

ID = f"{MESSAGE.episode_id}:beginning:email"
NOW = 1_769_412_345 * SECOND
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
TIME = 1.5
"""Seconds that a delivery may take here."""


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who is trusted here."""
    return trustme.CA()


def server_tls(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    """What a mail server shows that calls itself so."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names).configure_cert(context)
    return context


def handler(
    port: int,
    security: MailSecurity = MailSecurity.NONE,
    authority: trustme.CA | None = None,
    to: tuple[str, ...] = ("ann@example.com",),
    password: str | None = None,
    host: str = "mail.example",
) -> EmailHandler:
    """A handler for the mail server at this port of 127.0.0.1, under the name of `host`."""

    def context() -> ssl.SSLContext:
        made = ssl.create_default_context()
        if authority is not None:
            authority.configure_trust(made)
        return made

    server = MailServer(host, port, security, USER if password else None, password)
    envelope = Envelope("alerts@shop.example", to)
    return EmailHandler(server, envelope, lambda: NOW, TIME, resolve=lambda host, port: ["127.0.0.1"], tls=context)


@contextmanager
def in_time() -> Iterator[None]:
    """The block takes no longer than a delivery may."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < TIME + 0.7


def test_a_mail_says_what_is_to_be_known_in_plain_text() -> None:
    with TestMailServer().running() as server:
        handler(server.port, to=("ann@example.com", "bob@example.org")).deliver(MESSAGE, ID)
    (mail,) = server.mails
    assert (mail.sender, mail.recipients) == ("alerts@shop.example", ("ann@example.com", "bob@example.org"))
    message = mail.message
    assert message["Subject"] == (
        "FLASH SALE ALERT: PROD_001 (smartphones), 156 views, 3 purchases. Consider Flash Sale!"
    )
    assert (message["From"], message["To"]) == ("clickwatch <alerts@shop.example>", "ann@example.com, bob@example.org")
    assert message["Date"] == "Mon, 26 Jan 2026 07:25:45 +0000"
    assert message["Auto-Submitted"] == "auto-generated"
    assert (message.get_content_type(), message.is_multipart()) == ("text/plain", False)
    lines = message.get_content().splitlines()
    for line in ("Product ID: PROD_001", "Views: 156", "Purchases: 3", "Conversion Rate: 1.92%"):
        assert line in lines
    assert "Window (UTC): 2026-01-26 07:10 to 07:20" in lines
    assert server.greeted_as == ["shop.example"]


def test_the_same_delivery_has_the_same_message_id_and_what_follows_refers_to_it() -> None:
    with TestMailServer().running() as server:
        for kind in ("beginning", "beginning", "end", "correction", "test"):
            delivery_id = f"{MESSAGE.episode_id}:{kind}:email"
            handler(server.port).deliver(replace(MESSAGE, kind=kind), delivery_id)
    ids = [mail.message["Message-ID"] for mail in server.mails]
    assert ids[0] == ids[1] == f"<{MESSAGE.episode_id}.beginning.email@shop.example>"
    assert len(set(ids)) == 4
    assert [mail.message["In-Reply-To"] for mail in server.mails] == [None, None, ids[0], ids[0], None]
    assert [mail.message["References"] for mail in server.mails] == [None, None, ids[0], ids[0], None]
    assert "withdrawn" in server.mails[3].message["Subject"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_adds_no_header_and_no_line(name: str) -> None:
    hostile = replace(MESSAGE, product_id=HOSTILE[name], category=HOSTILE[name])
    with TestMailServer().running() as server:
        handler(server.port).deliver(MESSAGE, ID)
        handler(server.port).deliver(hostile, ID)
    plain, mail = server.mails
    assert mail.recipients == plain.recipients
    assert mail.message.keys() == plain.message.keys()
    assert "evil" not in str(mail.message["To"]) + str(mail.message["Bcc"])
    assert mail.message["Subject"].isprintable()
    assert len(mail.message["Subject"]) < 200
    text, plain_text = (each.message.get_content() for each in (mail, plain))
    assert len(text.splitlines()) == len(plain_text.splitlines())
    assert all(line.isprintable() for line in text.splitlines())
    assert mail.raw.isascii()
    assert max(map(len, mail.raw.splitlines())) <= 78


def test_starttls_comes_before_the_login(authority: trustme.CA) -> None:
    with TestMailServer(server_tls(authority, "mail.example"), needs_login=True).running() as server:
        handler(server.port, MailSecurity.STARTTLS, authority, password=PASSWORD).deliver(MESSAGE, ID)
    assert server.logins == [(USER.encode(), PASSWORD.encode(), True)]
    assert len(server.mails) == 1


def test_tls_from_the_start_works_too(authority: trustme.CA) -> None:
    tls = server_tls(authority, "mail.example")
    with TestMailServer(tls, is_tls_from_the_start=True, needs_login=True).running() as server:
        handler(server.port, MailSecurity.TLS, authority, password=PASSWORD).deliver(MESSAGE, ID)
    assert server.logins == [(USER.encode(), PASSWORD.encode(), True)]
    assert len(server.mails) == 1


@pytest.mark.parametrize("security", [MailSecurity.STARTTLS, MailSecurity.TLS])
@pytest.mark.parametrize(("name", "is_trusted"), [("other.example", True), ("mail.example", False)])
def test_a_wrong_certificate_is_refused_before_the_login(
    authority: trustme.CA, security: MailSecurity, name: str, is_trusted: bool
) -> None:
    tls = server_tls(authority, name)
    with TestMailServer(tls, security is MailSecurity.TLS, needs_login=True).running() as server:
        trusting = handler(server.port, security, authority if is_trusted else None, password=PASSWORD)
        with in_time(), pytest.raises(DeliveryError, match="its certificate is not accepted"):
            trusting.deliver(MESSAGE, ID)
    assert (server.logins, server.mails) == ([], [])


def test_a_server_that_does_not_offer_starttls_gets_neither_password_nor_mail(authority: trustme.CA) -> None:
    refusal = pytest.raises(DeliveryError, match="offers no STARTTLS; nothing was sent")
    with TestMailServer(needs_login=True).running() as server, in_time(), refusal:
        handler(server.port, MailSecurity.STARTTLS, authority, password=PASSWORD).deliver(MESSAGE, ID)
    assert (server.logins, server.mails) == ([], [])


def test_a_refused_login_is_told_in_the_servers_harmless_words_without_the_password(authority: trustme.CA) -> None:
    with TestMailServer(server_tls(authority, "mail.example"), needs_login=True).running() as server:
        server.login_refusal = "535 5.7.8 ask your\x1b[2J admin"
        wrong = handler(server.port, MailSecurity.STARTTLS, authority, password="wrong one entirely")
        with in_time(), pytest.raises(DeliveryError) as failure:
            wrong.deliver(MESSAGE, ID)
        assert str(failure.value) == r"mail server mail.example refused the login: 535 5.7.8 ask your\x1b[2J admin"
        for echo in ("wrong one entirely", "d3Jvbmcgb25lIGVudGlyZWx5", "AHNob3AAd3Jvbmcgb25lIGVudGlyZWx5"):
            server.login_refusal = f"535 what is {echo}?"
            with pytest.raises(DeliveryError, match=r"refused the login: 535$"):
                wrong.deliver(MESSAGE, ID)
    assert server.mails == []


def test_a_server_without_logins_is_told_where_one_is_meant() -> None:
    with TestMailServer().running() as server, pytest.raises(DeliveryError, match="offers no login"):
        handler(server.port, password=PASSWORD).deliver(MESSAGE, ID)
    assert server.mails == []


def test_a_login_without_encryption_is_for_this_machine_alone() -> None:
    with TestMailServer(needs_login=True).running() as server:
        handler(server.port, password=PASSWORD).deliver(MESSAGE, ID)
    assert server.logins == [(USER.encode(), PASSWORD.encode(), False)]
    assert len(server.mails) == 1


def test_a_refused_recipient_is_a_failure_in_the_servers_harmless_words() -> None:
    refused = {"ann@example.com": "550 5.1.1 no such\x1b]0;x\x07 user"}
    with TestMailServer(refused=refused).running() as server, pytest.raises(DeliveryError) as failure:
        handler(server.port).deliver(MESSAGE, ID)
    assert str(failure.value) == (
        r"mail server mail.example refused ann@example.com: 550 5.1.1 no such\x1b]0;x\x07 user"
    )
    assert not isinstance(failure.value, DeliveryUncertain | PartlyDelivered)
    assert server.mails == []


def test_long_words_of_a_server_are_cut() -> None:
    refused = {"ann@example.com": f"550 {'no ' * 150}"}
    with TestMailServer(refused=refused).running() as server, pytest.raises(DeliveryError) as failure:
        handler(server.port).deliver(MESSAGE, ID)
    assert len(str(failure.value)) < 200


def test_one_refused_recipient_does_not_keep_the_mail_from_the_others() -> None:
    refusal = pytest.raises(PartlyDelivered, match=r"refused ann@example\.com: 550 no such user")
    with TestMailServer(refused={"ann@example.com": "550 no such user"}).running() as server, refusal:
        handler(server.port, to=("ann@example.com", "bob@example.org")).deliver(MESSAGE, ID)
    assert [mail.recipients for mail in server.mails] == [("bob@example.org",)]


@pytest.mark.parametrize("answer", ["554 spam", "452 disk full", "421 going down"])
def test_a_refused_mail_is_a_failure(answer: str) -> None:
    refusal = pytest.raises(DeliveryError, match=f"mail.example refused: {answer}")
    with TestMailServer(answer=answer).running() as server, in_time(), refusal as failure:
        handler(server.port).deliver(MESSAGE, ID)
    assert not isinstance(failure.value, DeliveryUncertain)


def test_a_server_that_is_down_is_told_at_once() -> None:
    port = unused_port()
    with in_time(), pytest.raises(DeliveryError, match=rf"cannot be reached at port {port} \(connection refused\)"):
        handler(port).deliver(MESSAGE, ID)


@pytest.mark.parametrize("security", list(MailSecurity))
@pytest.mark.parametrize("dripping", [b"", b"220-hello\r\n", b"2"])
def test_a_server_that_hangs_or_drips_is_given_up_after_its_time(security: MailSecurity, dripping: bytes) -> None:
    with silent_server(dripping) as port, in_time(), pytest.raises(DeliveryError) as failure:
        handler(port, security).deliver(MESSAGE, ID)
    is_no_tls = security is MailSecurity.TLS and dripping
    assert ("TLS failed" if is_no_tls else r"gave no answer within 1.5 s") in str(failure.value)
    assert not isinstance(failure.value, DeliveryUncertain)


def test_a_server_that_says_too_much_is_left_before_its_time() -> None:
    words = b"220-hello again\r\n" * 10_000
    with silent_server(words, piece=len(words)) as port, pytest.raises(DeliveryError, match="connection was broken"):
        handler(port).deliver(MESSAGE, ID)


def test_a_server_that_speaks_something_else_is_told() -> None:
    with silent_server(b"SSH-2.0-OpenSSH_9.6\r\n", piece=100) as port, pytest.raises(DeliveryError) as failure:
        handler(port).deliver(MESSAGE, ID)
    assert str(failure.value) == "mail server mail.example gave no answer that can be read"


@pytest.mark.parametrize("mechanism", ["CRAM-MD5", "PLAIN", "LOGIN"])
@pytest.mark.parametrize("challenge", [b"334 x", b"334 \xff\xfe", b"334 " + b"QQ==" * 1000])
def test_a_challenge_that_cannot_be_read_is_a_failure(mechanism: str, challenge: bytes) -> None:
    script = [b"220 mail.example", b"250-mail.example\r\n250 AUTH " + mechanism.encode(), *[challenge] * 9]
    with scripted_mail_server(script) as port, in_time(), pytest.raises(DeliveryError) as failure:
        handler(port, password=PASSWORD).deliver(MESSAGE, ID)
    assert str(failure.value).startswith("mail server mail.example")
    assert not isinstance(failure.value, DeliveryUncertain)
    assert PASSWORD not in str(failure.value)


def test_a_server_that_takes_the_mail_and_hangs_may_have_it() -> None:
    refusal = pytest.raises(DeliveryUncertain, match=r"gave no answer within 1\.5 s")
    with TestMailServer(answer=None).running() as server, in_time(), refusal:
        handler(server.port).deliver(MESSAGE, ID)
    assert len(server.mails) == 1


def test_a_handler_that_is_printed_shows_no_password() -> None:
    assert "horse" not in repr(MailServer("mail.example", 587, user=USER, password=PASSWORD))
