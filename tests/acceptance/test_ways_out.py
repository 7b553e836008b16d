"""Alerts on their way to people: a real stream, real web and mail servers that take them, or do not."""

import json
import re
import signal
import ssl
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import trustme

from tests.support.alerting_shop import OPEN, PRODUCTS, SECRET, deliveries, look_at, shop
from tests.support.commands import CommandServer, Running, await_that
from tests.support.installations import Installation, assert_true
from tests.support.mail_server import PASSWORD, USER, TestMailServer
from tests.support.silent_server import unused_port
from tests.support.webhook_server import WebhookServer, answers, hangs


@pytest.fixture
def server() -> Iterator[WebhookServer]:
    """A web server that takes everything, until told otherwise."""
    with WebhookServer().running() as server:
        yield server


def by_handler(home: Installation, commands: CommandServer) -> dict[str, list[str]]:
    """Handler -> the statuses of its messages."""
    found: dict[str, list[str]] = {}
    for row in deliveries(home, commands):
        found.setdefault(row["handler"], []).append(row["status"])
    return found


def in_the_file(home: Installation) -> list[str]:
    """The products of the alert file's lines."""
    path = home.home.alerts
    return [json.loads(line)["product_id"] for line in path.read_text().splitlines()] if path.exists() else []


def stopped(stream: Running) -> str:
    """Ask the stream to stop, which takes it a few seconds at most; what it wrote to standard error."""
    stream.send(signal.SIGTERM)
    began = time.monotonic()
    ended = stream.end()
    assert (ended.exit_code, ended.output) == (0, ""), ended.errors
    assert time.monotonic() - began < 9
    assert "Traceback" not in ended.errors
    return ended.errors


def test_a_webhook_that_hangs_holds_up_neither_the_other_alerts_nor_the_stop(
    tmp_path: Path, server: WebhookServer, commands: CommandServer
) -> None:
    server.behaviour = hangs(server)
    home = shop(tmp_path, "P1", ALERT_HANDLERS="webhook,file", ALERT_WEBHOOK_URL=server.url, **OPEN)
    stream = commands.start("stream", environment=home.environment)
    await_that(lambda: bool(server.posted), stream)
    look_at(home, "P2", "P3")
    await_that(lambda: sorted(in_the_file(home)) == ["P1", "P2", "P3"], stream, seconds=5)
    errors = stopped(stream)
    assert "alert handler webhook still busy" in errors
    assert re.search(r"^Stopped: 30 records", errors, re.MULTILINE)
    assert_true(home.outcome(), home.truth())
    assert by_handler(home, commands) == {"webhook": ["pending"] * 3, "file": ["delivered"] * 3}

    server.behaviour = answers(200, b"ok")
    first = server.posted[0].headers["X-Clickwatch-Delivery"]
    again = commands.run("stream", "--until-caught-up", "--quiet", environment=home.environment)
    assert (again.exit_code, again.errors) == (0, "")
    assert by_handler(home, commands) == {"webhook": ["delivered"] * 3, "file": ["delivered"] * 3}
    sent_again = [posted.headers["X-Clickwatch-Delivery"] for posted in server.posted[1:]]
    assert first in sent_again and len(sent_again) == len(set(sent_again)) == 3


def test_a_webhook_that_answers_500_first_gets_the_message_again_under_its_id(
    tmp_path: Path, server: WebhookServer, commands: CommandServer
) -> None:
    def second_time(request: BaseHTTPRequestHandler) -> None:
        answers(500 if len(server.posted) == 1 else 200)(request)

    server.behaviour = second_time
    home = shop(tmp_path, "P1", ALERT_HANDLERS="webhook", ALERT_WEBHOOK_URL=server.url, **OPEN)
    stream = commands.start("stream", environment=home.environment)
    await_that(lambda: len(server.posted) == 2, stream)
    errors = stopped(stream)
    assert "127.0.0.1 answered 500 Internal Server Error" in errors
    assert "XsecretX" not in errors and SECRET not in errors
    first, second = server.posted
    assert first.headers["X-Clickwatch-Delivery"] == second.headers["X-Clickwatch-Delivery"]
    assert first.body == second.body
    (row,) = deliveries(home, commands)
    assert (row["status"], row["attempts"], row["last_error"]) == ("delivered", 2, None)
    assert row["delivery_id"] == first.headers["X-Clickwatch-Delivery"]


def test_a_webhook_and_a_mail_server_that_are_down_are_told_and_waited_for(
    tmp_path: Path, commands: CommandServer
) -> None:
    home = shop(
        tmp_path,
        *PRODUCTS,
        ALERT_HANDLERS="webhook,email,file",
        ALERT_WEBHOOK_URL=f"http://127.0.0.1:{unused_port()}/XsecretX",
        SMTP_HOST="127.0.0.1",
        SMTP_PORT=str(unused_port()),
        ALERT_EMAIL_TO="ann@example.com",
        ALERT_EMAIL_FROM="alerts@shop.example",
        **OPEN,
    )
    run = commands.run("stream", "--until-caught-up", "--quiet", environment=home.environment)
    assert run.exit_code == 0
    assert_true(home.outcome(), home.truth())
    assert sorted(in_the_file(home)) == sorted(PRODUCTS)
    assert all(character.isprintable() for line in run.errors.splitlines() for character in line)
    assert "connection refused" in run.errors and "XsecretX" not in run.errors
    waiting = deliveries(home, commands, "--status", "pending")
    assert len(waiting) == 2 * len(PRODUCTS)
    tried = [row for row in waiting if row["attempts"]]
    assert {row["handler"] for row in tried} == {"webhook", "email"}
    assert all("(connection refused)" in row["last_error"] for row in tried)
    assert all(row["next_attempt_at"] > row["created_at"] and row["delivered_at"] is None for row in tried)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_over_tls_the_systems_certificates_decide(tmp_path: Path, commands: CommandServer) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(tls)
    with WebhookServer(tls).running() as server, TestMailServer(tls, needs_login=True).running() as mail:
        home = shop(
            tmp_path,
            *PRODUCTS,
            ALERT_HANDLERS="webhook,email",
            ALERT_WEBHOOK_URL=server.url.replace("127.0.0.1", "localhost"),
            ALERT_WEBHOOK_ALLOW_PRIVATE="true",
            SMTP_HOST="localhost",
            SMTP_PORT=str(mail.port),
            SMTP_USER=USER,
            SMTP_PASSWORD=PASSWORD,
            ALERT_EMAIL_TO="ann@example.com,bob@example.org",
            ALERT_EMAIL_FROM="alerts@shop.example",
        )
        run = commands.run("stream", "--until-caught-up", "--quiet", environment=home.environment)
        assert run.exit_code == 0
        assert "its certificate is not accepted" in run.errors
        assert (server.posted, mail.mails, mail.logins) == ([], [], [])
        trusting = {**home.environment, "SSL_CERT_FILE": str(tmp_path / "ca.pem"), "ALERT_HANDLERS": "email,webhook"}
        look_at(home, "P9")
        time.sleep(2)  # the first delay after a failure
        again = commands.run("stream", "--until-caught-up", "--quiet", environment=trusting)
        assert (again.exit_code, again.errors) == (0, "")
    assert len(server.posted) == len(mail.mails) == len(PRODUCTS) + 1
    assert {posted.headers["Host"] for posted in server.posted} == {f"localhost:{server.port}"}
    assert {mail.recipients for mail in mail.mails} == {("ann@example.com", "bob@example.org")}
    assert {status for statuses in by_handler(home, commands).values() for status in statuses} == {"delivered"}


def test_a_refused_recipient_is_seen_among_the_deliveries(tmp_path: Path, commands: CommandServer) -> None:
    with TestMailServer(refused={"ann@example.com": "550 5.1.1 no such\x1b[2J user"}).running() as mail:
        home = shop(
            tmp_path,
            "P1",
            ALERT_HANDLERS="email",
            SMTP_HOST="localhost",
            SMTP_PORT=str(mail.port),
            SMTP_SECURITY="none",
            ALERT_EMAIL_TO="ann@example.com",
            ALERT_EMAIL_FROM="alerts@shop.example",
        )
        run = commands.run("stream", "--until-caught-up", "--quiet", environment=home.environment)
        assert run.exit_code == 0
    (row,) = deliveries(home, commands)
    assert row["last_error"] == r"mail server localhost refused ann@example.com: 550 5.1.1 no such\x1b[2J user"
