"""`clickwatch alerts deliveries` and `clickwatch alerts test`, as people and programs use them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.alerting_shop import OPEN, PRODUCTS, deliveries, shop
from tests.support.command import CommandLine
from tests.support.commands import CommandServer
from tests.support.installations import Installation
from tests.support.mail_server import TestMailServer
from tests.support.silent_server import unused_port
from tests.support.webhook_server import WebhookServer


@pytest.fixture
def server() -> Iterator[WebhookServer]:
    """A web server that takes everything, until told otherwise."""
    with WebhookServer().running() as server:
        yield server


@pytest.fixture
def listed(tmp_path: Path, commands: CommandServer) -> Installation:
    """A shop of hostile products whose alerts are in the file, and wait for a webhook that is down."""
    address = f"http://127.0.0.1:{unused_port()}/XsecretX"
    home = shop(tmp_path, *PRODUCTS, ALERT_HANDLERS="file,webhook", ALERT_WEBHOOK_URL=address, **OPEN)
    commands.run("stream", "--until-caught-up", "--quiet", environment=home.environment)
    return home


def test_deliveries_as_json_are_all_of_them_with_the_documented_columns(
    listed: Installation, commands: CommandServer
) -> None:
    rows = deliveries(listed, commands, "--limit", "1")
    names = "delivery_id episode_id product_id kind handler status attempts created_at next_attempt_at delivered_at"
    assert all(list(row) == [*names.split(), "last_error"] for row in rows)
    assert sorted(row["product_id"] for row in rows if row["handler"] == "file") == sorted(PRODUCTS)
    assert {(row["kind"], row["handler"], row["status"]) for row in rows} == {
        ("beginning", "file", "delivered"),
        ("beginning", "webhook", "pending"),
    }
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", row["created_at"]) for row in rows)
    delivered = deliveries(listed, commands, "--status", "delivered")
    assert {row["handler"] for row in delivered} == {"file"}
    assert all(row["delivered_at"] and row["next_attempt_at"] is None for row in delivered)
    assert deliveries(listed, commands, "--status", "failed") == []


@pytest.mark.parametrize("columns", [80, 140])
def test_deliveries_for_people_are_inert_text_that_keeps_to_the_width(listed: Installation, columns: int) -> None:
    wide = CommandLine(listed.folder, settings={**listed.environment, "COLUMNS": str(columns)})
    shown = wide.run("alerts", "deliveries", "--limit", "50")
    assert (shown.returncode, shown.stderr) == (0, b"")
    text = shown.stdout.decode()
    lines = text.splitlines()
    assert lines[0].startswith("Deliveries")
    assert all(character.isprintable() for line in lines for character in line)
    assert max(map(len, lines)) <= columns
    for word in ("file", "webhook", "delivered", "pending", "again", "beginning"):
        assert word in text
    assert "XsecretX" not in text


def test_the_table_of_deliveries_is_cut_and_says_how_to_get_the_rest(
    listed: Installation, commands: CommandServer
) -> None:
    shown = commands.run("alerts", "deliveries", "--limit", "2", environment=listed.environment)
    assert shown.errors.startswith("… and more: clickwatch alerts deliveries --limit N")
    none = commands.run("alerts", "deliveries", "--status", "cancelled", environment=listed.environment)
    assert none.output == "No deliveries to show.\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("deliveries", "--status", "open"), "pending, delivered, failed or cancelled"),
        (("--json", "deliveries"), "come after its name"),
        (("--status", "pending"), "open, confirmed or withdrawn"),
        (("fly",), "No such command"),
    ],
)
def test_a_wrong_word_after_alerts_is_explained(
    commands: CommandServer, arguments: tuple[str, ...], words: str
) -> None:
    done = commands.run("alerts", *arguments)
    assert (done.exit_code, done.output) == (2, "")
    assert words in " ".join(done.errors.replace("│", " ").split())


def test_the_test_message_goes_through_every_chosen_handler(
    tmp_path: Path, server: WebhookServer, commands: CommandServer
) -> None:
    with TestMailServer().running() as mail:
        environment = {
            **OPEN,
            "CLICKWATCH_HOME": str(tmp_path / "new"),
            "ALERT_HANDLERS": "console,file,webhook,email",
            "ALERT_WEBHOOK_URL": server.url,
            "SMTP_HOST": "localhost",
            "SMTP_PORT": str(mail.port),
            "SMTP_SECURITY": "none",
            "ALERT_EMAIL_TO": "ann@example.com",
            "ALERT_EMAIL_FROM": "alerts@shop.example",
        }
        commands.run("alerts", "test", environment=environment)
        done = commands.run("alerts", "test", environment=environment)
    assert (done.exit_code, done.errors) == (0, "")
    assert done.output.splitlines() == [
        "☑ TEST of the alerts of clickwatch: this is how they arrive here; nothing is on sale",
        "console (standard output): delivered",
        f"file ({tmp_path / 'new' / 'alerts.jsonl'}): delivered",
        "webhook (127.0.0.1): delivered",
        "email (ann@example.com by localhost): delivered",
    ]
    lines = [json.loads(line) for line in (tmp_path / "new" / "alerts.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["test", "test"]
    assert all("TEST" in json.loads(posted.body)["text"] for posted in server.posted)
    assert all("X-Clickwatch-Signature" in posted.headers for posted in server.posted)
    assert all("TEST" in each.message["Subject"] for each in mail.mails)
    assert len({each.message["Message-ID"] for each in mail.mails}) == len(server.posted) == 2


def test_a_test_message_that_does_not_arrive_is_told_and_the_exit_code_says_so(
    tmp_path: Path, commands: CommandServer
) -> None:
    port = unused_port()
    environment = {
        **OPEN,
        "CLICKWATCH_HOME": str(tmp_path / "new"),
        "ALERT_HANDLERS": "webhook,file",
        "ALERT_WEBHOOK_URL": f"http://127.0.0.1:{port}/XsecretX",
        "SMTP_HOST": "localhost",
    }
    done = commands.run("alerts", "test", environment=environment)
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        f"webhook (127.0.0.1): 127.0.0.1 cannot be reached at port {port} (connection refused)",
        f"file ({tmp_path / 'new' / 'alerts.jsonl'}): delivered",
    ]
    assert done.errors == "email is set up, and not chosen: add it to ALERT_HANDLERS to get alerts that way.\n"


def test_without_handlers_there_is_nothing_to_test(tmp_path: Path, commands: CommandServer) -> None:
    done = commands.run("alerts", "test", environment={"ALERT_HANDLERS": "", "CLICKWATCH_HOME": str(tmp_path / "new")})
    assert (done.exit_code, done.output) == (2, "")
    assert done.errors.startswith("clickwatch: ALERT_HANDLERS is empty")
