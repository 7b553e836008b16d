import io
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from clickwatch.errors import SettingsError
from clickwatch.settings.alerts import HANDLERS
from clickwatch.speed.alerts.handlers.console import ConsoleHandler, render
from clickwatch.speed.alerts.handlers.factory import AlertHandlerFactory, WaysOut
from clickwatch.speed.alerts.handlers.file import FileHandler
from clickwatch.speed.alerts.handlers.mail_server import Envelope, MailServer
from clickwatch.speed.alerts.handlers.port import DeliveryError
from clickwatch.speed.alerts.handlers.webhook_target import WebhookTarget
from clickwatch.speed.alerts.message import AlertMessage
from tests.support.alert_messages import HOSTILE, MESSAGE

BLOCK = """\
🚨 FLASH SALE ALERT 🚨
═══════════════════════
Product ID: PROD_001
Category: smartphones
Views: 156
Purchases: 3
Conversion Rate: 1.92%
Suggestion: Consider Flash Sale!
═══════════════════════
"""


def ids(file: Path) -> list[str]:
    """The delivery ids of the whole lines of an alert file."""
    found = []
    for line in file.read_bytes().splitlines():
        try:
            found.append(json.loads(line)["delivery_id"])
        except ValueError:
            continue
    return found


def test_the_console_prints_the_block_that_people_know() -> None:
    stream = io.StringIO()
    ConsoleHandler(stream).deliver(MESSAGE, "x")
    assert stream.getvalue() == BLOCK


def test_an_end_and_a_correction_are_one_short_line() -> None:
    assert render(replace(MESSAGE, kind="end")) == (
        "✔ FLASH SALE over: PROD_001 (smartphones), 2026-01-26T07:10:00Z to 2026-01-26T07:20:00Z\n"
    )
    assert render(replace(MESSAGE, kind="correction")) == (
        "✖ FLASH SALE ALERT withdrawn: PROD_001 (smartphones), it is being bought after all\n"
    )


@pytest.mark.parametrize("kind", ["beginning", "end", "correction"])
def test_a_hostile_product_cannot_steer_the_terminal(kind: str) -> None:
    text = render(replace(MESSAGE, kind=kind, product_id="\x1b[2J\u202eP", category="a\nProduct ID: other"))
    assert "\\x1b[2J\\u202eP" in text
    assert "a\\x0aProduct ID: other" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_on_its_line_of_the_terminal(name: str) -> None:
    text = render(replace(MESSAGE, product_id=HOSTILE[name], category=HOSTILE[name]))
    assert len(text.splitlines()) == len(BLOCK.splitlines())
    assert all(character.isprintable() for line in text.splitlines() for character in line)


def test_a_test_message_says_so_on_one_line() -> None:
    assert render(replace(MESSAGE, kind="test")).startswith("☑ TEST of the alerts of clickwatch")


def test_a_terminal_without_unicode_gets_escapes_instead_of_an_error() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    ConsoleHandler(stream).deliver(MESSAGE, "x")
    assert raw.getvalue().startswith(b"\\U0001f6a8 FLASH SALE ALERT")


def test_a_closed_output_is_a_delivery_error() -> None:
    stream = io.StringIO()
    stream.close()
    with pytest.raises(DeliveryError):
        ConsoleHandler(stream).deliver(MESSAGE, "x")


def test_the_json_of_a_message_is_plain_ascii_and_reads_back() -> None:
    message = replace(MESSAGE, product_id="手机\u202e", window_end=MESSAGE.window_end + 1)
    assert message.to_json().isascii()
    assert AlertMessage.from_json(message.to_json()) == message


def test_the_file_gets_a_line_per_message_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "alerts.jsonl"
    handler = FileHandler(file)
    handler.deliver(MESSAGE, "a")
    handler.deliver(MESSAGE, "b")
    assert [json.loads(line) for line in file.read_text().splitlines()] == [
        {"delivery_id": name, **MESSAGE.fields()} for name in ("a", "b")
    ]
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_message_that_the_file_holds_is_not_written_again(tmp_path: Path) -> None:
    file = tmp_path / "alerts.jsonl"
    FileHandler(file).deliver(MESSAGE, "a")
    FileHandler(file).deliver(MESSAGE, "b")
    FileHandler(file).deliver(MESSAGE, "a")
    assert ids(file) == ["a", "b"]


@pytest.mark.parametrize("kept", [1, 20, 60, -2])
def test_after_a_torn_line_the_message_comes_on_a_line_of_its_own(tmp_path: Path, kept: int) -> None:
    file = tmp_path / "alerts.jsonl"
    FileHandler(file).deliver(MESSAGE, "a")
    FileHandler(file).deliver(MESSAGE, "b")
    whole = file.read_bytes()
    second = whole.index(b"\n") + 1
    file.write_bytes(whole[: second + kept] if kept > 0 else whole[:kept])
    FileHandler(file).deliver(MESSAGE, "b")
    FileHandler(file).deliver(MESSAGE, "c")
    assert ids(file) == ["a", "b", "c"]


def test_a_line_that_lacks_only_its_end_is_completed(tmp_path: Path) -> None:
    file = tmp_path / "alerts.jsonl"
    FileHandler(file).deliver(MESSAGE, "a")
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    FileHandler(file).deliver(MESSAGE, "a")
    assert file.read_bytes() == whole


def test_only_the_tail_is_searched_however_long_the_file(tmp_path: Path) -> None:
    file = tmp_path / "alerts.jsonl"
    FileHandler(file).deliver(MESSAGE, "a")
    with file.open("ab") as more:
        more.write(b'{"delivery_id": "other"}\n' * 20_000)
    FileHandler(file).deliver(MESSAGE, "b")
    FileHandler(file).deliver(MESSAGE, "b")
    assert ids(file).count("b") == 1


def test_a_file_that_cannot_be_a_record_is_refused(tmp_path: Path) -> None:
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    with pytest.raises(DeliveryError, match="not a regular file"):
        FileHandler(fifo).deliver(MESSAGE, "a")
    with pytest.raises(FileNotFoundError):
        FileHandler(tmp_path / "missing" / "alerts.jsonl").deliver(MESSAGE, "a")


def test_after_a_failed_sync_the_file_takes_nothing_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    handler = FileHandler(tmp_path / "alerts.jsonl")
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="Input/output"):
            handler.deliver(MESSAGE, "a")
    with pytest.raises(DeliveryError, match="uncertain"):
        handler.deliver(MESSAGE, "a")


def test_handlers_are_made_by_name_each_once(tmp_path: Path) -> None:
    made = AlertHandlerFactory(ways_out(tmp_path), lambda: 0).make(["file", "console", "email", "webhook", "file"])
    assert [handler.name for handler in made] == ["file", "console", "email", "webhook"]


def test_an_unknown_handler_is_refused_and_those_of_the_settings_are_known(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"pigeon.*Known are {', '.join(sorted(HANDLERS))}"):
        AlertHandlerFactory(ways_out(tmp_path), lambda: 0).make(["pigeon"])


@pytest.mark.parametrize(
    ("name", "cure"), [("webhook", "ALERT_WEBHOOK_URL"), ("email", "SMTP_HOST"), ("kafka", "ALERT_KAFKA_TOPIC")]
)
def test_a_handler_that_is_not_set_up_is_refused(tmp_path: Path, name: str, cure: str) -> None:
    with pytest.raises(SettingsError, match=cure):
        AlertHandlerFactory(WaysOut(tmp_path / "alerts.jsonl"), lambda: 0).make([name])


def ways_out(folder: Path) -> WaysOut:
    """All that the handlers need."""
    target = WebhookTarget.parse("https://hooks.example.com/T1/B2/x3")
    mail = MailServer("smtp.example.com", 587), Envelope("shop@example.com", ("ann@example.com",))
    return WaysOut(folder / "alerts.jsonl", webhook=target, mail=mail)
