"""The webhook handler against real servers that are down, slow, sly or broken."""

import hashlib
import hmac
import json
import logging
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest
import trustme

from clickwatch.domain.window import SECOND
from clickwatch.speed.alerts.handlers.port import DeliveryError, DeliveryUncertain
from clickwatch.speed.alerts.handlers.webhook import WebhookHandler
from clickwatch.speed.alerts.handlers.webhook_target import WebhookTarget
from tests.support.alert_messages import HOSTILE, MESSAGE
from tests.support.silent_server import silent_server, unused_port
from tests.support.webhook_server import PATH, Dripping, Flooding, WebhookServer, answers, hangs, writes

SECRET = "s3cr3t of sixteen and more"
NOW = 1_769_412_345 * SECOND
ID = f"{MESSAGE.episode_id}:beginning:webhook"
TIME = 0.7
"""Seconds that a delivery may take here."""


@pytest.fixture
def server() -> Iterator[WebhookServer]:
    """A web server without TLS."""
    with WebhookServer().running() as server:
        yield server


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who is trusted here."""
    return trustme.CA()


def secure_server(authority: trustme.CA, *names: str) -> WebhookServer:
    """A web server whose certificate is for these names."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names).configure_cert(context)
    return WebhookServer(context)


def handler(
    url: str, addresses: Sequence[str] | None = None, trust: trustme.CA | None = None, secret: str | None = SECRET
) -> WebhookHandler:
    """A handler that may post anywhere; `addresses` are what every name leads to."""
    target = WebhookTarget.parse(url, secret, allow_http=True, allow_private=True)

    def context() -> ssl.SSLContext:
        made = ssl.create_default_context()
        if trust is not None:
            trust.configure_trust(made)
        return made

    if addresses is None:
        return WebhookHandler(target, lambda: NOW, TIME, tls=context)
    return WebhookHandler(target, lambda: NOW, TIME, resolve=lambda host, port: addresses, tls=context)


@contextmanager
def in_time(seconds: float = TIME + 0.5) -> Iterator[None]:
    """The block takes no longer."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


def test_the_body_is_what_slack_shows_well(server: WebhookServer) -> None:
    handler(server.url).deliver(MESSAGE, ID)
    (posted,) = server.posted
    assert (posted.path, posted.headers["Content-Type"]) == (PATH, "application/json")
    assert posted.headers["Host"] == f"127.0.0.1:{server.port}"
    body = json.loads(posted.body)
    assert body["text"] == (
        "FLASH SALE ALERT: `PROD_001` (`smartphones`), 156 views, 3 purchases. Consider Flash Sale!"
    )
    (attachment,) = body["attachments"]
    assert {field["title"]: field["value"] for field in attachment["fields"]} == {
        "Product ID": "`PROD_001`",
        "Category": "`smartphones`",
        "Views": "156",
        "Purchases": "3",
        "Conversion Rate": "1.92%",
        "Window (UTC)": "2026-01-26 07:10 to 07:20",
    }
    assert all(field["short"] is True for field in attachment["fields"])


@pytest.mark.parametrize(("kind", "word"), [("end", "over"), ("correction", "withdrawn"), ("test", "TEST")])
def test_every_kind_of_message_says_what_it_is(server: WebhookServer, kind: str, word: str) -> None:
    handler(server.url).deliver(replace(MESSAGE, kind=kind), ID)
    body = json.loads(server.posted[0].body)
    assert word in body["text"] and word in body["attachments"][0]["fallback"]


def test_the_signature_is_that_of_the_id_the_timestamp_and_the_very_bytes_that_came(server: WebhookServer) -> None:
    handler(server.url).deliver(MESSAGE, ID)
    (posted,) = server.posted
    assert posted.headers["X-Clickwatch-Delivery"] == ID
    assert posted.headers["X-Clickwatch-Timestamp"] == "1769412345"
    expected = hmac.new(SECRET.encode(), f"{ID}.1769412345.".encode() + posted.body, hashlib.sha256).hexdigest()
    assert posted.headers["X-Clickwatch-Signature"] == f"v1={expected}"


def test_without_a_secret_nothing_is_signed(server: WebhookServer) -> None:
    handler(server.url, secret=None).deliver(MESSAGE, ID)
    (posted,) = server.posted
    assert posted.headers["X-Clickwatch-Delivery"] == ID
    assert not {"X-Clickwatch-Signature", "X-Clickwatch-Timestamp"} & set(posted.headers)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_inert_text_for_the_chat(server: WebhookServer, name: str) -> None:
    handler(server.url).deliver(replace(MESSAGE, product_id=HOSTILE[name], category=HOSTILE[name]), ID)
    (posted,) = server.posted
    assert posted.body.isascii()
    body = json.loads(posted.body)
    (attachment,) = body["attachments"]
    shown = [body["text"], attachment["fallback"], *(field["value"] for field in attachment["fields"])]
    assert not [text for text in shown if "<" in text or ">" in text or not text.isprintable()]
    assert not [text for text in shown if text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "").count("&")]
    product, category = (field["value"] for field in attachment["fields"][:2])
    assert product == category
    assert product[0] == product[-1] == "`" and "`" not in product[1:-1]
    assert body["text"].startswith(f"FLASH SALE ALERT: {product} ({category}), 156 views")
    assert body["text"].count("`") == 4


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_is_one(server: WebhookServer, status: int) -> None:
    server.behaviour = answers(status)
    handler(server.url).deliver(MESSAGE, ID)
    assert len(server.posted) == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "400 Bad Request"),
        (404, "404 Not Found"),
        (429, "429 Too Many Requests"),
        (500, "500 Internal Server Error"),
        (503, "503 Service Unavailable"),
        (599, "599"),
    ],
)
def test_any_other_answer_is_a_failure_that_names_it(server: WebhookServer, status: int, words: str) -> None:
    server.behaviour = answers(status)
    with pytest.raises(DeliveryError) as failure:
        handler(server.url).deliver(MESSAGE, ID)
    assert str(failure.value) == f"127.0.0.1 answered {words}"
    assert not isinstance(failure.value, DeliveryUncertain)


def test_the_one_word_that_slack_answers_with_is_told(server: WebhookServer) -> None:
    server.behaviour = answers(403, b"action_prohibited\n")
    with pytest.raises(DeliveryError, match=r"answered 403 Forbidden \(action_prohibited\)$"):
        handler(server.url).deliver(MESSAGE, ID)


@pytest.mark.parametrize(
    "body",
    [
        b"The requested URL /services/T0000/B0000/XsecretX was not found",
        b"services",
        b"a" * 41,
        b"\x1b[2J",
        b"\xff\xfe",
        b"two words",
        b"",
    ],
)
def test_no_other_word_of_an_answer_is_repeated(server: WebhookServer, body: bytes) -> None:
    server.behaviour = answers(404, body)
    with pytest.raises(DeliveryError) as failure:
        handler(server.url).deliver(MESSAGE, ID)
    assert str(failure.value) == "127.0.0.1 answered 404 Not Found"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_says_so(server: WebhookServer, status: int) -> None:
    with WebhookServer().running() as private:
        server.behaviour = answers(status, Location=private.url)
        with pytest.raises(DeliveryError, match=f"answered {status} .*redirect.*ALERT_WEBHOOK_URL") as failure:
            handler(server.url).deliver(MESSAGE, ID)
        assert private.posted == []
        assert len(server.posted) == 1
        assert str(private.port) not in str(failure.value)


def test_a_webhook_that_is_down_is_told_at_once() -> None:
    port = unused_port()
    with in_time(), pytest.raises(DeliveryError) as failure:
        handler(f"http://127.0.0.1:{port}{PATH}").deliver(MESSAGE, ID)
    assert str(failure.value) == f"127.0.0.1 cannot be reached at port {port} (connection refused)"


def test_a_webhook_that_hangs_is_given_up_after_its_time_and_may_have_the_message(server: WebhookServer) -> None:
    server.behaviour = hangs(server)
    with in_time(), pytest.raises(DeliveryUncertain, match=r"took the message, and gave no answer within 0\.7 s"):
        handler(server.url).deliver(MESSAGE, ID)
    assert len(server.posted) == 1


@pytest.mark.parametrize("dripping", [b"", b"\x16\x03\x03\x40\x00"])
def test_a_handshake_that_does_not_come_to_its_end_is_given_up_after_its_time(dripping: bytes) -> None:
    with silent_server(dripping) as port, in_time(), pytest.raises(DeliveryError, match=r"within 0\.7 s") as failure:
        handler(f"https://127.0.0.1:{port}{PATH}").deliver(MESSAGE, ID)
    assert not isinstance(failure.value, DeliveryUncertain)


@pytest.mark.parametrize("at_once", [b"", b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\nX-Slow: "])
def test_headers_that_drip_are_given_up_after_their_time(server: WebhookServer, at_once: bytes) -> None:
    server.behaviour = dripping = Dripping(server, at_once)
    with in_time(), pytest.raises(DeliveryUncertain, match=r"within 0\.7 s"):
        handler(server.url).deliver(MESSAGE, ID)
    assert dripping.written > 10


def test_interim_answers_without_end_are_given_up_after_their_time(server: WebhookServer) -> None:
    server.behaviour = Dripping(server, b"", b"HTTP/1.1 100 Continue\r\n\r\n")
    with in_time(), pytest.raises(DeliveryUncertain, match=r"within 0\.7 s"):
        handler(server.url).deliver(MESSAGE, ID)


@pytest.mark.parametrize("length", [b"Content-Length: 5000\r\n", b"Transfer-Encoding: chunked\r\n", b""])
def test_a_body_that_drips_after_a_success_is_not_waited_for_beyond_the_time(
    server: WebhookServer, length: bytes
) -> None:
    server.behaviour = dripping = Dripping(server, b"HTTP/1.1 200 OK\r\n" + length + b"\r\n", b"1")
    with in_time():
        handler(server.url).deliver(MESSAGE, ID)
    assert dripping.written > 0


def test_a_body_that_drips_after_a_failure_leaves_it_a_failure(server: WebhookServer) -> None:
    server.behaviour = Dripping(server, b"HTTP/1.1 500 No\r\nContent-Length: 5000\r\n\r\n")
    with in_time(), pytest.raises(DeliveryError, match=r"answered 500 Internal Server Error$"):
        handler(server.url).deliver(MESSAGE, ID)


@pytest.mark.parametrize("status", [200, 500])
def test_of_a_huge_body_only_the_beginning_is_read(server: WebhookServer, status: int) -> None:
    server.behaviour = flooding = Flooding(server, status)
    if status == 200:
        handler(server.url).deliver(MESSAGE, ID)
    else:
        with pytest.raises(DeliveryError, match="answered 500"):
            handler(server.url).deliver(MESSAGE, ID)
    # What the two systems hold for each other on the way is theirs: some MiB at most.
    assert flooding.written < 16 << 20


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    ],
)
def test_an_answer_that_cannot_be_read_is_a_failure(server: WebhookServer, answer: bytes) -> None:
    server.behaviour = writes(answer)
    with in_time(), pytest.raises(DeliveryUncertain, match="no answer that can be read"):
        handler(server.url).deliver(MESSAGE, ID)


def test_malformed_headers_are_not_complained_of_with_the_address(
    server: WebhookServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    server.behaviour = writes(b"HTTP/1.1 200 OK\r\nno header\r\nX: y\r\n\r\n")
    handler(server.url).deliver(MESSAGE, ID)
    assert "XsecretX" not in caplog.text + "".join(capfd.readouterr())


def test_tls_is_verified_for_the_name_while_the_connection_goes_to_the_address(authority: trustme.CA) -> None:
    with secure_server(authority, "shop.example").running() as server:
        url = f"https://shop.example:{server.port}{PATH}"
        handler(url, ["127.0.0.1"], authority).deliver(MESSAGE, ID)
        (posted,) = server.posted
        assert posted.headers["Host"] == f"shop.example:{server.port}"


def test_a_numeric_host_needs_its_number_in_the_certificate(authority: trustme.CA) -> None:
    with secure_server(authority, "127.0.0.1").running() as server:
        handler(server.url, trust=authority).deliver(MESSAGE, ID)
        assert len(server.posted) == 1


@pytest.mark.parametrize(
    ("names", "is_trusted", "words"),
    [
        (("other.example",), True, "Hostname mismatch"),
        (("127.0.0.1",), True, "Hostname mismatch"),
        (("shop.example",), False, "unable to get local issuer|self-signed"),
    ],
)
def test_a_wrong_certificate_is_refused_before_anything_is_sent(
    authority: trustme.CA, names: tuple[str, ...], is_trusted: bool, words: str
) -> None:
    with secure_server(authority, *names).running() as server:
        url = f"https://shop.example:{server.port}{PATH}"
        with in_time(), pytest.raises(DeliveryError, match=f"certificate is not accepted: .*({words})"):
            handler(url, ["127.0.0.1"], authority if is_trusted else None).deliver(MESSAGE, ID)
        assert server.posted == []


def test_a_server_without_tls_is_refused_where_https_is_meant(server: WebhookServer) -> None:
    with in_time(), pytest.raises(DeliveryError, match="TLS failed"):
        handler(f"https://127.0.0.1:{server.port}{PATH}").deliver(MESSAGE, ID)
    assert server.posted == []


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"], ["0.0.0.0"]])
def test_a_name_that_leads_to_an_address_of_ones_own_is_refused(server: WebhookServer, addresses: list[str]) -> None:
    target = WebhookTarget.parse(f"http://shop.example:{server.port}{PATH}", allow_http=True)
    refusing = WebhookHandler(target, lambda: NOW, TIME, resolve=lambda host, port: addresses)
    with in_time(), pytest.raises(DeliveryError, match=f"leads to {addresses[-1]}, which is not a public address"):
        refusing.deliver(MESSAGE, ID)
    assert server.posted == []


def test_a_name_is_looked_up_once_and_the_connection_goes_where_it_led(server: WebhookServer) -> None:
    asked = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    target = WebhookTarget.parse(f"http://shop.example:{server.port}{PATH}", allow_http=True, allow_private=True)
    WebhookHandler(target, lambda: NOW, TIME, resolve=rebinding).deliver(MESSAGE, ID)
    assert asked == [("shop.example", server.port)]
    assert len(server.posted) == 1


def test_when_the_first_address_is_down_the_next_is_taken(server: WebhookServer) -> None:
    handler(f"http://shop.example:{server.port}{PATH}", ["127.0.0.2", "127.0.0.1"]).deliver(MESSAGE, ID)
    assert len(server.posted) == 1


def test_a_name_that_nobody_knows_is_told() -> None:
    with pytest.raises(DeliveryError, match=r"no address is known for nobody\.invalid"):
        handler("https://nobody.invalid/x").deliver(MESSAGE, ID)
    with pytest.raises(DeliveryError, match="no address is known"):
        handler("https://nobody.invalid/x", []).deliver(MESSAGE, ID)
    with pytest.raises(DeliveryError, match="no address is known"):
        handler(f"https://{'x' * 70}.invalid/x").deliver(MESSAGE, ID)


def test_a_look_up_that_hangs_is_given_up_after_its_time() -> None:
    ending = threading.Event()
    target = WebhookTarget.parse("https://shop.example/x")

    def hang(host: str, port: int) -> list[str]:
        ending.wait(60)
        return []

    try:
        with in_time(), pytest.raises(DeliveryError, match=r"no answer within 0\.7 s"):
            WebhookHandler(target, lambda: NOW, TIME, resolve=hang).deliver(MESSAGE, ID)
    finally:
        ending.set()


def test_no_proxy_of_the_environment_is_used(server: WebhookServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with WebhookServer().running() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        handler(server.url).deliver(MESSAGE, ID)
        assert (len(server.posted), proxy.posted) == (1, [])


def test_no_failure_shows_the_path_or_the_secret(server: WebhookServer, authority: trustme.CA) -> None:
    failures = []
    with secure_server(authority, "other.example").running() as wrong, silent_server() as silent:
        ways = [
            f"http://127.0.0.1:{unused_port()}{PATH}",
            f"http://127.0.0.1:{silent}{PATH}",
            f"https://127.0.0.1:{silent}{PATH}",
            wrong.url,
            server.url,
        ]
        server.behaviour = answers(500, b"XsecretX")
        for url in ways:
            with pytest.raises(DeliveryError) as failure:
                handler(url).deliver(MESSAGE, ID)
            failures.append(failure.value)
    said = [f"{error} {error!r} {error.__cause__!r}" for error in failures]
    assert not [text for text in said if "secretX" in text or SECRET in text]
    assert all("127.0.0.1" in text for text in said)


def test_no_thread_or_connection_is_left_behind(server: WebhookServer) -> None:
    before = threading.active_count()
    server.behaviour = hangs(server)
    for _ in range(3):
        with pytest.raises(DeliveryUncertain):
            handler(server.url).deliver(MESSAGE, ID)
    server.ending.set()
    deadline = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before
