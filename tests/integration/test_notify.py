"""The summary of a day on its way to people: by every handler, once, and none held up by another's failure."""

import json
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import pytest

from clickwatch.batch.reports.publication import ReportShelf
from clickwatch.errors import BatchError
from clickwatch.speed.alerts.day_summary import DaySummary
from clickwatch.speed.alerts.handlers.slack import slack_body
from clickwatch.speed.alerts.sent_days import SentDays
from clickwatch.wiring.batch import run_day
from clickwatch.wiring.day_turns import run_of
from clickwatch.wiring.notifying import Notified, notify
from dev.broker import Broker
from tests.support.alert_messages import HOSTILE
from tests.support.commands import CommandServer
from tests.support.day_homes import MONDAY, TUESDAY, click, clicks, copied, stream
from tests.support.event_logs import topic_of
from tests.support.installations import Installation
from tests.support.kafka import documents_on
from tests.support.mail_server import TestMailServer
from tests.support.webhook_server import WebhookServer, answers

TITLE = "clickwatch: Monday, 26 January 2026 (UTC)"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A reported Monday."""
    home = Installation(tmp_path_factory.mktemp("shop") / "home", {"ALERT_HANDLERS": ""})
    home.append({0: clicks(1, MONDAY, 50) + clicks(2, TUESDAY, 5, last=60)})
    stream(home)
    run_day(home.app_settings(), MONDAY)
    return home


@pytest.fixture
def installed(shop: Installation, tmp_path: Path) -> Callable[..., Installation]:
    """Makes a copy of the shop with settings of its own."""

    def make(**settings: str) -> Installation:
        return Installation(copied(shop, tmp_path / "copy").folder, settings)

    return make


@pytest.fixture
def web() -> Iterator[WebhookServer]:
    """A web server that takes everything."""
    with WebhookServer().running() as server:
        yield server


def webhook_settings(web: WebhookServer) -> dict[str, str]:
    return {
        "ALERT_WEBHOOK_URL": web.url,
        "ALERT_WEBHOOK_ALLOW_HTTP": "true",
        "ALERT_WEBHOOK_ALLOW_PRIVATE": "true",
    }


def summary(home: Installation) -> str:
    return ReportShelf(home.home.reports).files(MONDAY)["daily_summary_20260126.txt"].decode()


def mail_settings(mail: TestMailServer, to: str) -> dict[str, str]:
    server = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(mail.port), "SMTP_SECURITY": "none"}
    return {**server, "ALERT_EMAIL_FROM": "shop@example.com", "ALERT_EMAIL_TO": to}


def sent(home: Installation) -> list[Notified]:
    return list(notify(home.app_settings(), MONDAY))


def test_every_handler_gets_the_summary_once(
    installed: Callable[..., Installation], web: WebhookServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with TestMailServer().running() as mail:
        home = installed(
            ALERT_HANDLERS="console,file,webhook,email",
            **mail_settings(mail, "ann@example.com"),
            **webhook_settings(web),
        )
        first = sent(home)
        again = sent(home)
    assert [(each.handler, each.problem, each.was_sent) for each in first] == [
        (name, None, False) for name in ("console", "file", "webhook", "email")
    ]
    assert all(each.was_sent and each.problem is None for each in again)
    text = summary(home)
    assert capsys.readouterr().out == text
    [line] = home.home.alerts.read_bytes().splitlines()
    ids = {name: DaySummary(str(MONDAY), text).delivery_id(name) for name in ("file", "webhook", "email")}
    assert json.loads(line) == {"delivery_id": ids["file"], "kind": "summary", "day": "2026-01-26", "text": text}
    [posted] = web.posted
    assert posted.headers["X-Clickwatch-Delivery"] == ids["webhook"]
    assert json.loads(posted.body)["text"] == TITLE
    [taken] = mail.mails
    assert taken.message["Subject"] == TITLE
    assert text.strip() in taken.message.get_content().replace("\r\n", "\n")
    assert ids["email"].replace(":", ".") in taken.message["Message-ID"]


def test_it_goes_onto_the_topic_of_the_alerts(
    installed: Callable[..., Installation], broker: Broker, tmp_path: Path
) -> None:
    topic, servers = topic_of(tmp_path), broker.servers()
    home = installed(ALERT_HANDLERS="kafka", ALERT_KAFKA_TOPIC=topic, KAFKA_BOOTSTRAP_SERVERS=servers)
    assert [each.problem for each in sent(home)] == [None]
    assert [each.was_sent for each in sent(home)] == [True]
    [record] = chain(*documents_on(servers, topic))
    assert (record["kind"], record["day"], record["text"]) == ("summary", "2026-01-26", summary(home))


def test_a_handler_that_fails_holds_up_no_other_and_gets_its_own_the_next_time(
    installed: Callable[..., Installation], web: WebhookServer
) -> None:
    home = installed(ALERT_HANDLERS="webhook,file", **webhook_settings(web))
    web.behaviour = answers(500)
    assert [(each.handler, bool(each.problem)) for each in sent(home)] == [("webhook", True), ("file", False)]
    web.behaviour = answers(200)
    assert [(each.handler, each.was_sent) for each in sent(home)] == [("webhook", False), ("file", True)]
    tried, taken = web.posted
    assert tried.headers["X-Clickwatch-Delivery"] == taken.headers["X-Clickwatch-Delivery"]
    assert len(home.home.alerts.read_bytes().splitlines()) == 1


def test_a_mail_that_some_recipients_refuse_is_a_problem_and_is_not_sent_again(
    installed: Callable[..., Installation],
) -> None:
    with TestMailServer(refused={"bob@example.com": "550 no such user"}).running() as mail:
        home = installed(
            ALERT_HANDLERS="email",
            **mail_settings(mail, "ann@example.com,bob@example.com"),
        )
        [first], [again] = sent(home), sent(home)
    assert first.problem is not None and "bob@example.com" in first.problem
    assert again.was_sent
    assert len(mail.mails) == 1


def test_a_summary_that_changed_is_sent_again(installed: Callable[..., Installation]) -> None:
    home = installed(ALERT_HANDLERS="file")
    sent(home)
    home.append({0: click(MONDAY, 61, event_id="late")})
    stream(home)
    run_day(home.app_settings(), MONDAY)
    assert [each.was_sent for each in sent(home)] == [False]
    assert [each.was_sent for each in sent(home)] == [True]
    assert len(home.home.alerts.read_bytes().splitlines()) == 2


def test_what_was_sent_and_not_noted_is_not_written_to_the_file_twice(installed: Callable[..., Installation]) -> None:
    home = installed(ALERT_HANDLERS="file")
    sent(home)
    (home.home.sent / "20260126.json").write_text("{ torn")
    assert [each.was_sent for each in sent(home)] == [False]
    assert len(home.home.alerts.read_bytes().splitlines()) == 1
    assert list(SentDays(home.home.sent).delivery_ids(MONDAY)) == ["file"]


def test_a_day_that_was_not_reported_has_no_summary(installed: Callable[..., Installation]) -> None:
    with pytest.raises(BatchError, match="2026-01-27 has not been reported yet"):
        list(notify(installed(ALERT_HANDLERS="file").app_settings(), TUESDAY))


def test_a_day_that_is_being_run_is_not_sent(installed: Callable[..., Installation]) -> None:
    home = installed(ALERT_HANDLERS="file")
    store = home.store()
    with run_of(store, MONDAY), pytest.raises(BatchError, match="Another run of 2026-01-26 is under way"):
        sent(home)
    store.close()
    assert not home.home.alerts.exists()


def test_the_command_tells_each_handler_and_fails_if_one_does(
    installed: Callable[..., Installation], web: WebhookServer, commands: CommandServer
) -> None:
    home = installed(ALERT_HANDLERS="webhook,file", **webhook_settings(web))
    web.behaviour = answers(500)
    done = commands.run("notify", "--date", str(MONDAY), environment=home.environment)
    assert (done.exit_code, done.errors.count("\n")) == (1, 1)
    assert done.errors.startswith("clickwatch: webhook (127.0.0.1") and "500" in done.errors
    assert done.output == f"2026-01-26: the summary is sent: file ({home.home.alerts})\n"
    web.behaviour = answers(200)
    done = commands.run("notify", "--date", str(MONDAY), environment=home.environment)
    assert (done.exit_code, done.errors) == (0, "")
    assert "the summary was sent before: file" in done.output


def test_without_handlers_it_says_that_nobody_gets_it(
    installed: Callable[..., Installation], commands: CommandServer
) -> None:
    home = installed(ALERT_HANDLERS="")
    done = commands.run("notify", "--date", str(MONDAY), environment=home.environment)
    assert (done.exit_code, done.errors) == (0, "")
    assert "goes to nobody" in done.output


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_in_a_summary_leaves_its_block_of_code(name: str) -> None:
    body = json.loads(slack_body(DaySummary("2026-01-26", f"{TITLE}\n\n  1. {HOSTILE[name]}```<!channel>\n")))
    text = body["attachments"][0]["text"]
    assert text.startswith("```\n") and text.endswith("\n```")
    assert "`" not in text[4:-4] and "<" not in text
