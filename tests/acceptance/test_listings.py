"""What the listing commands say to programs and to people, broken and hostile records included."""

import json
import re
from pathlib import Path

import pytest

from tests.support.command import CommandLine

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")
HOSTILE = ("[bold red]sale[/]", "\u202egnp.exe", ":smile:", "x" * 128, "日本語の商品")
BROKEN = {
    b'{"user_id":"u"': "not_json",
    b"": "not_json",
    b"\xff\xfe": "not_json",
    b"\x1b[31mred\x1b[0m": "not_json",
    b"[1, 2]": "not_an_object",
    b'{"product_id":"p","event_type":"view","timestamp":"2026-01-26T07:10:15Z"}': "missing:user_id",
    b'{"user_id":"u","product_id":"p\\u001b[2J","event_type":"view","timestamp":"2026-01-26T07:10:15Z"}': (
        "invalid:product_id"
    ),
    b'{"user_id":"u","product_id":"p","event_type":"view","timestamp":"2026-01-26T07:10:15"}': "invalid:timestamp",
    b'{"user_id":"u","product_id":"p","event_type":"hover","timestamp":"2026-01-26T07:10:15Z"}': "unknown_event_type",
    b'{"user_id":"u","product_id":"p","event_type":"view","timestamp":"9999-01-26T07:10:15Z"}': "future_timestamp",
    b'{"user_id":"u","product_id":"p","event_type":"view","timestamp":"2026-01-26T07:10:15Z","x":"%s"}'
    % (b"x" * 32768): "too_large",
}


def event(product: str, number: int, **more: object) -> bytes:
    """One event of the contract, as a line."""
    moment = f"2026-01-26T07:10:{number % 60:02d}.{number:06d}+00:00"
    fields = {"user_id": f"USER_{number:04d}", "product_id": product, "event_type": "view", "timestamp": moment}
    return json.dumps({**fields, "category": product, **more}).encode() + b"\n"


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """A shop with hostile products that alert, a purchase, a duplicate, and a record of every broken kind."""
    command = CommandLine(tmp_path_factory.mktemp("listings"))
    lines = [event(product, number) for number in range(101) for product in HOSTILE]
    lines += [event("mug", 1, event_id="e1"), event("mug", 1, event_id="e1"), event("mug", 2, event_type="purchase")]
    lines += [line + b"\n" for line in BROKEN]
    # The last event is half an hour on: all windows before it close.
    lines += [event("mug", 3, timestamp="2026-01-26T07:45:00Z")]
    assert command.run("replay", "-", given=b"".join(lines)).returncode == 0
    done = command.run("stream", "--until-caught-up")
    assert done.returncode == 0, done.stderr
    return command


def test_windows_as_json_have_the_documented_columns_and_times(command: CommandLine) -> None:
    rows = command.listed("windows")
    names = "window_start window_end product_id category view_count cart_count purchase_count status"
    assert all(list(row) == names.split() for row in rows)
    assert {row["product_id"] for row in rows} == {*HOSTILE, "mug"}
    assert all(INSTANT.fullmatch(row[name]) for row in rows for name in ("window_start", "window_end"))
    assert {row["window_start"] for row in rows if row["status"] == "open"} == {
        "2026-01-26T07:40:00Z",
        "2026-01-26T07:45:00Z",
    }
    assert rows == sorted(rows, key=lambda row: (row["window_start"], row["product_id"]))


def test_alerts_as_json_have_the_documented_columns_and_formats(command: CommandLine) -> None:
    rows = command.listed("alerts")
    names = "rule product_id category window_start window_end view_count purchase_count conversion_rate status"
    assert all(set(names.split()) <= set(row) for row in rows)
    assert sorted((row["product_id"], row["window_start"][11:]) for row in rows) == sorted(
        (product, start) for product in HOSTILE for start in ("07:05:00Z", "07:10:00Z")
    )
    assert {row["rule"] for row in rows} == {"flash_sale"}
    assert {(row["view_count"], row["purchase_count"], row["conversion_rate"], row["status"]) for row in rows} == {
        (101, 0, 0.0, "confirmed")
    }


def test_accounting_as_json_adds_up_and_names_every_reason(command: CommandLine) -> None:
    [sheet] = command.listed("accounting")
    reasons = list(BROKEN.values())
    assert sheet["received"] == 101 * len(HOSTILE) + 4 + len(BROKEN)
    assert sheet["reasons"] == {reason: reasons.count(reason) for reason in sorted(set(reasons))}
    assert (sheet["duplicate"], sheet["rejected"], sheet["late"]) == (1, len(BROKEN), 0)
    assert sheet["received"] == sheet["accepted"] + sheet["duplicate"] + sheet["rejected"]


def test_totals_as_json_count_views_and_purchases_by_the_hour(command: CommandLine) -> None:
    rows = command.listed("totals")
    names = "hour_start product_id category view_count cart_count purchase_count status"
    assert all(list(row) == names.split() for row in rows)
    [mug] = [row for row in rows if row["product_id"] == "mug"]
    assert (mug["hour_start"], mug["view_count"], mug["purchase_count"]) == ("2026-01-26T07:00:00Z", 2, 1)
    assert {row["status"] for row in rows} == {"provisional"}


def test_every_broken_record_is_quarantined_with_its_reason_in_the_order_of_the_log(command: CommandLine) -> None:
    rows = command.listed("quarantine", "list")
    assert [row["reason"] for row in rows] == list(BROKEN.values())
    assert [row["length"] for row in rows] == [len(record) for record in BROKEN]
    assert [row["offset"] for row in rows] == sorted(row["offset"] for row in rows)
    assert all(INSTANT.fullmatch(row["log_time"]) for row in rows)
    chosen = command.listed("quarantine", "list", "--reason", "too_large")
    assert [row["reason"] for row in chosen] == ["too_large"]


@pytest.mark.parametrize(
    ("listing", "columns"),
    [("windows", 60), ("windows", 80), ("alerts", 80), ("alerts", 140), ("totals", 80), ("quarantine list", 80)],
)
def test_a_table_is_inert_text_that_keeps_to_the_width(command: CommandLine, listing: str, columns: int) -> None:
    shown = CommandLine(command.home, settings={"COLUMNS": str(columns)}).run(*listing.split(), "--limit", "50")
    text = shown.stdout.decode()
    assert shown.returncode == 0
    assert not any(control in text for control in "\x1b\x9b\u202e")
    assert max(map(len, text.splitlines())) <= columns
    assert re.search(r"^(window|hour|place).*[^ ]", text, re.MULTILINE)


def test_names_in_a_table_are_shown_as_they_are_without_markup_or_emoji(command: CommandLine) -> None:
    text = command.run("windows", "--limit", "50").stdout.decode()
    for product in HOSTILE:
        assert product.replace("\u202e", r"\u202e") in text


def test_a_reader_that_has_seen_enough_is_no_failure_with_words(command: CommandLine) -> None:
    process = command.start("windows", "--json")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(60) == 141


def test_a_narrow_encoding_gets_escapes_and_no_failure(command: CommandLine) -> None:
    latin = CommandLine(command.home, settings={"PYTHONIOENCODING": "latin-1"})
    done = latin.run("windows", "--limit", "50")
    assert done.returncode == 0
    assert rb"\u65e5" in done.stdout


def test_listing_before_anything_was_streamed_is_one_clear_line(tmp_path: Path) -> None:
    done = CommandLine(tmp_path).run("alerts")
    assert done.returncode == 1
    assert done.stdout == b"" and done.stderr.count(b"\n") == 1 and b"clickwatch stream" in done.stderr
