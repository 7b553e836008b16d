"""Refused records looked at, taken out, repaired and put back, as people do it; hostile content included."""

import base64
import json
import os
import shutil
import signal
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import CommandLine
from tests.support.commands import CommandServer
from tests.support.terminal import Terminal

GOOD = b'{"user_id":"u","product_id":"p","event_type":"view","timestamp":"2026-01-26T07:10:15Z"}'
NAIVE = GOOD.replace(b'15Z"', b'15"')
HOSTILE = {
    "escape": b'\x1b]0;owned\x07\x1b[2J{"user_id":"\x1b[31m"}',
    "c1": b'{"user_id":"u\xc2\x9b2J","product_id":"p","event_type":"view","timestamp":"2026-01-26T07:10:15Z"}',
    "right to left": NAIVE.replace(b'"p"', b'"\xe2\x80\xaegnp.exe\xe2\x81\xa6"'),
    "not UTF-8": NAIVE.replace(b'"u"', b'"M\xfcller"'),
    "NUL": b"\x00" * 40,
    "markup": NAIVE.replace(b'"p"', b'"[bold red]sale[/] :smile:"'),
    "line separators": NAIVE.replace(b'"p"', b'"a\xe2\x80\xa8b\xc2\x85c"'),
    "huge": GOOD[:-1] + b',"x":"' + b"\x1b" * 100_000 + b'"}',
    "empty": b"",
}
OBEYED = {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0x202E, 0x2066, 0x2028)} - {"\n"}


def obeyed(text: bytes) -> set[str]:
    """What a terminal, or an editor, would obey in a text instead of showing it."""
    return set(text.decode("utf-8")) & OBEYED


@dataclass(frozen=True)
class QuickLine(CommandLine):
    """Commands that start quickly, but for those that are given standard input."""

    server: CommandServer = field(kw_only=True)

    def run(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        if given:
            return super().run(*arguments, given=given)
        os.chdir(self.home)
        ended = self.server.run(*arguments, environment=self.environment)
        return subprocess.CompletedProcess(arguments, ended.exit_code, ended.output.encode(), ended.errors.encode())


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, commands: CommandServer) -> CommandLine:
    """A shop with a good event among hostile refused ones, all streamed."""
    command = QuickLine(tmp_path_factory.mktemp("quarantine") / "shop", server=commands)
    command.home.mkdir()
    lines = [GOOD, *HOSTILE.values()]
    assert command.run("replay", "-", given=b"".join(line + b"\n" for line in lines)).returncode == 0
    assert command.run("stream", "--until-caught-up").returncode == 0
    return command


@pytest.fixture
def command(shop: CommandLine, commands: CommandServer, tmp_path: Path) -> CommandLine:
    """The same in a home of its own, to be changed."""
    shutil.copytree(shop.home, tmp_path / "shop")
    shutil.copytree(shop.home.with_name("shop-keys"), tmp_path / "shop-keys")
    return QuickLine(tmp_path / "shop", server=commands)


def exported(command: CommandLine, name: str = "refused.jsonl", *options: str) -> list[dict[str, Any]]:
    """What `quarantine export` writes."""
    done = command.run("quarantine", "export", name, *options)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in (command.home / name).read_bytes().splitlines()]


def write(command: CommandLine, lines: list[Any], name: str = "edited.jsonl") -> str:
    """An edited file; a line that is bytes is written as it is."""
    whole = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    (command.home / name).write_bytes(b"".join(line + b"\n" for line in whole))
    return name


def repaired(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All lines with a good record of their own."""
    return [{**line, "record": {**json.loads(GOOD), "product_id": line["place"]}} for line in lines]


def test_every_refused_record_can_be_shown_whole_without_a_terminal_obeying_it(shop: CommandLine) -> None:
    places = [row["place"] for row in shop.listed("quarantine", "list")]
    assert len(places) == len(HOSTILE)
    for place, raw in zip(places, HOSTILE.values(), strict=True):
        done = shop.run("quarantine", "show", place)
        assert (done.returncode, done.stderr) == (0, b"")
        assert obeyed(done.stdout) == set()
        assert done.stdout.startswith(f"place     {place}\n".encode()) and b"repair    not repaired\n" in done.stdout
        [facts] = [json.loads(line) for line in shop.run("quarantine", "show", place, "--json").stdout.splitlines()]
        assert base64.b64decode(facts["raw_base64"]) == raw[: 32 * 1024]
        assert (facts["length"], facts["sha256"] is None) == (len(raw), len(raw) <= 32 * 1024)
        assert (facts["repair"], facts["repaired_by"], facts["state"]) == (None, None, "not repaired")
        assert facts["reason"] and facts["explanation"] and facts["reason"].encode() in done.stdout


def test_on_a_terminal_a_record_is_shown_with_escapes(shop: CommandLine) -> None:
    place = shop.listed("quarantine", "list")[0]["place"]
    terminal = Terminal(shop.words("quarantine", "show", place), shop.home, shop.environment)
    terminal.process.wait(60)
    terminal.close()
    assert r'\x1b]0;owned\x07\x1b[2J{"user_id":"\x1b[31m"}' in terminal.text.replace("\r\n", "")
    assert "\x1b" not in terminal.text and "\x07" not in terminal.text


@pytest.mark.parametrize("columns", ["60", "80", "200"])
def test_the_list_keeps_hostile_records_inert_at_any_width(shop: CommandLine, columns: str) -> None:
    done = CommandLine(shop.home, settings={"COLUMNS": columns}).run("quarantine", "list")
    assert (done.returncode, obeyed(done.stdout)) == (0, set())


def test_the_list_is_chosen_by_time_and_repair(shop: CommandLine) -> None:
    assert len(shop.listed("quarantine", "list", "--since", "2026-01-01", "--unrepaired")) == len(HOSTILE)
    assert shop.listed("quarantine", "list", "--until", "2026-01-01T00:00:00Z") == []
    assert shop.listed("quarantine", "list", "--since", "9999-12-31T23:59:59+00:00") == []
    wrong = shop.run("quarantine", "list", "--since", "yesterday")
    assert wrong.returncode == 2 and b"--since" in wrong.stderr


def test_an_exported_file_is_for_its_owner_and_shows_all_of_it_in_an_editor(command: CommandLine) -> None:
    lines = exported(command)
    text = (command.home / "refused.jsonl").read_bytes()
    assert stat.S_IMODE((command.home / "refused.jsonl").stat().st_mode) == 0o600
    assert obeyed(text) == set()
    assert len(text.decode().splitlines()) == len(lines) == len(HOSTILE)
    kept = [base64.b64decode(line["raw_base64"]) if "raw_base64" in line else line["raw"].encode() for line in lines]
    assert kept == [raw[: 32 * 1024] for raw in HOSTILE.values()]


def test_an_export_overwrites_nothing_and_leaves_nothing_half_done(command: CommandLine) -> None:
    (command.home / "mine").write_text("edited for hours")
    (command.home / "link").symlink_to("nowhere")
    before = sorted(command.home.iterdir())
    for name in ("mine", "link", ".", "no/such/folder"):
        done = command.run("quarantine", "export", name)
        assert done.returncode == 1 and done.stdout == b"" and done.stderr.count(b"\n") == 1, done.stderr
    assert (command.home / "mine").read_text() == "edited for hours"
    assert sorted(command.home.iterdir()) == before


def test_an_export_can_be_a_part_and_nothing_makes_no_file(command: CommandLine) -> None:
    assert {line["reason"] for line in exported(command, "some", "--reason", "not_json")} == {"not_json"}
    assert len(exported(command, "two", "--limit", "2")) == 2
    done = command.run("quarantine", "export", "none", "--reason", "no such reason")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"no file was made" in done.stdout and not (command.home / "none").exists()


def test_an_unedited_file_is_refused_again_line_by_line(command: CommandLine) -> None:
    exported(command)
    done = command.run("quarantine", "replay", "refused.jsonl")
    text = done.stdout.decode()
    assert done.returncode == 1
    assert obeyed(done.stdout) == set() and obeyed(done.stderr) == set()
    assert [line.split(" ")[1] for line in text.splitlines()[:-1]] == [str(n) for n in range(1, len(HOSTILE) + 1)]
    assert f"{len(HOSTILE)} lines of refused.jsonl: {len(HOSTILE)} refused again.\n" in text
    assert done.stderr.startswith(b"clickwatch: 9 lines of refused.jsonl were not sent. Correct them")
    assert command.on_the_log().count(b"\n") == len(HOSTILE) + 1


def test_repaired_records_are_received_again_and_the_originals_stay_refused(command: CommandLine) -> None:
    file = write(command, repaired(exported(command)))
    dry = command.run("quarantine", "replay", file, "--dry-run")
    assert dry.returncode == 0 and b"9 would be sent to the log. Nothing was changed." in dry.stdout
    assert command.on_the_log().count(b"\n") == 10
    done = command.run("quarantine", "replay", file)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"9 lines of edited.jsonl: 9 sent to the log.\n" in done.stdout
    assert b"clickwatch stream --until-caught-up" in done.stdout
    assert b"  clickwatch batch --date 2026-01-26\n" in done.stdout
    waiting = command.run("quarantine", "show", "0:88").stdout
    assert b"which waits for `clickwatch stream`" in waiting
    for _ in range(2):
        assert command.run("stream", "--until-caught-up").returncode == 0
        [sheet] = command.listed("accounting")
        assert (sheet["received"], sheet["accepted"], sheet["rejected"]) == (19, 10, 9)
        again = command.run("quarantine", "replay", file)
        assert again.returncode == 0 and b"9 lines of edited.jsonl: 9 repaired before.\n" in again.stdout
    assert b"which the stream has taken in" in command.run("quarantine", "show", "0:88").stdout
    rows = command.listed("quarantine", "list")
    [facts] = command.listed("quarantine", "show", "0:88")
    assert (facts["repair"], facts["repaired_by"]) == ("repaired", rows[0]["repaired_by"])
    assert {row["repair"] for row in rows} == {"repaired"}
    assert [row["repaired_by"].split(":")[0] for row in rows] == ["0"] * 9
    assert command.listed("quarantine", "list", "--unrepaired") == []
    assert b"no file was made" in command.run("quarantine", "export", "rest").stdout
    assert len(exported(command, "all", "--repaired-too")) == 9


def test_one_bad_line_takes_no_other_with_it(command: CommandLine) -> None:
    lines = repaired(exported(command))
    bad: list[Any] = [
        b"nonsense \x1b[2J",
        b"\xff\xfe",
        b'"' + b"x" * 3_000_000 + b'"',
        {"place": "0:1", "record": {}},
        {"place": "\u202e", "record": {}},
        {**lines[0], "record": "again"},
        {**lines[1], "record": {**json.loads(GOOD), "event_type": "\x1b[2J"}},
        {"place": lines[2]["place"]},
        {"place": lines[3]["place"], "record": "\ud800"},
    ]
    file = write(command, [lines[0], *bad, b"", *lines[4:]])
    told = [json.loads(line) for line in command.run("quarantine", "replay", file, "--json").stdout.splitlines()]
    assert [(row["line"], row["outcome"]) for row in told] == [
        (1, "sent"),
        *((number, "malformed") for number in range(2, 8)),
        (8, "refused"),
        *((number, "malformed") for number in range(9, 11)),
        *((number, "sent") for number in range(12, 17)),
    ]
    assert [row["detail"] for row in told if row["line"] in (4, 5, 7)] == [
        "it is longer than 1,024 KiB",
        "no refused record stands at its place (any more)",
        f"its place {lines[0]['place']} stands in line 1 already",
    ]
    assert told[7]["reason"] == "unknown_event_type"
    assert command.on_the_log().count(b"\n") == 10 + 6
    words = command.run("quarantine", "replay", file)
    assert words.returncode == 1
    assert b"15 lines of edited.jsonl: 6 repaired before, 1 refused again, 8 malformed.\n" in words.stdout
    assert obeyed(words.stdout) == set() and obeyed(words.stderr) == set()


def test_more_bad_lines_than_anybody_reads_are_counted(command: CommandLine) -> None:
    done = command.run("quarantine", "replay", write(command, [b"x"] * 30))
    assert done.returncode == 1
    assert done.stdout.count(b": malformed: ") == 20 and "… and 10 more lines: --json".encode() in done.stdout


def test_a_file_that_holds_nothing_changes_nothing(command: CommandLine) -> None:
    done = command.run("quarantine", "replay", write(command, [b"", b"  "]))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"0 lines of edited.jsonl.\n", b"")


@pytest.mark.parametrize("words", [("show", "0:5"), ("replay", "missing.jsonl"), ("replay", ".")])
def test_what_is_not_there_is_one_clear_line(command: CommandLine, words: tuple[str, ...]) -> None:
    done = command.run("quarantine", *words)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"clickwatch: ") and done.stderr.count(b"\n") == 1


def test_a_place_that_is_none_is_a_wrong_argument(command: CommandLine) -> None:
    assert command.run("quarantine", "show", "7").returncode == 2


def test_before_anything_was_streamed_there_is_nothing_to_repair(tmp_path: Path, commands: CommandServer) -> None:
    (tmp_path / "edited.jsonl").write_text("{}\n")
    for words in (("show", "0:5"), ("export", "file"), ("replay", "edited.jsonl")):
        done = QuickLine(tmp_path, server=commands).run("quarantine", *words)
        assert done.returncode == 1 and b"Run `clickwatch stream` first" in done.stderr
    assert list(tmp_path.iterdir()) == [tmp_path / "edited.jsonl"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_between_batches_and_the_next_run_does_the_rest(
    command: CommandLine, number: int, code: int
) -> None:
    os.mkfifo(command.home / "pipe")
    process = command.start("quarantine", "replay", "pipe")
    with (command.home / "pipe").open("wb") as pipe:
        lines = repaired(exported(command))
        pipe.write(b"".join(json.dumps(line).encode() + b"\n" for line in lines[:4]))
        pipe.flush()
        process.send_signal(number)
        pipe.write(json.dumps(lines[4]).encode() + b"\n")
    output, errors = process.communicate(timeout=60)
    assert process.returncode == code, errors
    assert output.startswith(b"Stopped before the end: ") and errors == b""
    sent = command.on_the_log().count(b"\n") - 10
    again = command.run("quarantine", "replay", write(command, lines))
    assert again.returncode == 0
    assert f"{9 - sent} sent to the log".encode() in again.stdout
    assert command.on_the_log().count(b"\n") == 19
