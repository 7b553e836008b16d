"""What the page about alerts tells people to write and to run works as it stands there."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from clickwatch.domain.window import SECOND
from clickwatch.settings import load_settings
from clickwatch.speed.alerts.handlers.webhook import WebhookHandler
from clickwatch.speed.alerts.handlers.webhook_target import WebhookTarget
from clickwatch.wiring.alerts import alert_handlers
from clickwatch.wiring.home import Home
from tests.support.alert_messages import HOSTILE, MESSAGE
from tests.support.commands import CommandServer
from tests.support.repository import ROOT
from tests.support.webhook_server import Posted, WebhookServer

PAGE = (ROOT / "docs" / "howto-alerts.md").read_text("utf-8")
BLOCKS = [(kind, dedent(text)) for kind, text in re.findall(r" *```(\w+)\n(.*?)```", PAGE, re.DOTALL)]
SETTINGS = [text for kind, text in BLOCKS if kind == "sh" and "ALERT_HANDLERS" in text]
COMMANDS = [
    line.split("#")[0].split()[1:]
    for kind, text in BLOCKS
    if kind == "sh"
    for line in text.splitlines()
    if line.startswith("clickwatch ")
]
SECRET = "0123456789abcdef0123456789abcdef"
Check = Callable[[str, dict[str, str], bytes], bool]


def test_the_page_has_what_is_tried_here() -> None:
    assert (len(SETTINGS), len(COMMANDS)) == (3, 4)
    assert ["alerts", "test"] in COMMANDS


@pytest.mark.parametrize("lines", SETTINGS)
def test_the_lines_for_a_dot_env_are_accepted_and_make_the_handlers(lines: str, tmp_path: Path) -> None:
    Path(".env").write_text(lines, "utf-8")
    settings = load_settings()
    made = [handler.name for handler in alert_handlers(settings, Home(tmp_path))]
    assert made[:2] == ["console", "file"]
    assert made[2:] in (["webhook"], ["email"])
    assert set(re.findall(r"^([A-Z_]+)=", lines, re.MULTILINE)) <= {name.upper() for name in settings.model_fields_set}


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_command_of_the_page_runs_on_a_fresh_home(arguments: list[str], commands: CommandServer) -> None:
    caught_up = commands.run("stream", "--until-caught-up", "--quiet")
    assert caught_up.exit_code == 0
    done = commands.run(*arguments)
    assert (done.exit_code, done.errors) == (0, "")


@pytest.fixture(scope="module")
def is_from_clickwatch() -> Check:
    """The function that the page gives people."""
    (snippet,) = (text for kind, text in BLOCKS if kind == "python")
    names: dict[str, Any] = {}
    exec(compile(snippet, "howto-alerts.md", "exec"), names)
    check: Check = names["is_from_clickwatch"]
    return check


def posted(seconds: int) -> Posted:
    """A message as it comes that was signed at this time."""
    with WebhookServer().running() as server:
        target = WebhookTarget.parse(server.url, SECRET, allow_http=True, allow_private=True)
        message = MESSAGE.from_json(MESSAGE.to_json().replace("PROD_001", "P\\u202e" + HOSTILE["html"]))
        WebhookHandler(target, lambda: seconds * SECOND).deliver(message, "id")
        return server.posted[0]


def test_the_check_of_the_page_takes_what_clickwatch_sends(is_from_clickwatch: Check) -> None:
    came = posted(int(time.time()))
    assert is_from_clickwatch(SECRET, came.headers, came.body)


def test_the_check_of_the_page_refuses_what_others_send(is_from_clickwatch: Check) -> None:
    came = posted(int(time.time()))
    assert not is_from_clickwatch(SECRET, came.headers, came.body + b" ")
    assert not is_from_clickwatch(SECRET[::-1], came.headers, came.body)
    later = str(int(came.headers["X-Clickwatch-Timestamp"]) + 1)
    assert not is_from_clickwatch(SECRET, {**came.headers, "X-Clickwatch-Timestamp": later}, came.body)
    assert not is_from_clickwatch(SECRET, {**came.headers, "X-Clickwatch-Delivery": "another"}, came.body)
    assert not is_from_clickwatch(SECRET, {**came.headers, "X-Clickwatch-Signature": "v1=\xe9"}, came.body)
    assert not is_from_clickwatch(SECRET, {}, came.body)


def test_the_check_of_the_page_refuses_what_was_recorded_and_is_sent_again(is_from_clickwatch: Check) -> None:
    came = posted(int(time.time()) - 301)
    assert not is_from_clickwatch(SECRET, came.headers, came.body)
