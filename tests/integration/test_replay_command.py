"""`clickwatch replay`, as a process, onto a real log."""

import gzip
import json
import signal
from pathlib import Path

import pytest

from clickwatch.eventlog.partitioner import partition_of
from tests.support.command import CommandLine

SMALL = Path(__file__).parent.parent / "data" / "rees46_small.csv"
BROKEN = b'{"user_id":"a","n":1}\n\n\n{"user_id":"b"\n\xff\xfe\x00\r\n   \n{"user_id":7}\n{"user_id":"7"}\nno line end'


@pytest.fixture
def command(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path)


@pytest.mark.parametrize("way", ["plain", "gzip", "standard input", "gzip on standard input"])
def test_lines_go_onto_the_log_byte_for_byte_broken_ones_too(command: CommandLine, way: str) -> None:
    content = gzip.compress(BROKEN) if "gzip" in way else BROKEN
    if "input" in way:
        done = command.run("replay", "-", given=content)
    else:
        (command.home / "events").write_bytes(content)
        done = command.run("replay", "events")
    assert (done.returncode, done.stderr) == (0, b"")
    assert command.on_the_log() == BROKEN + b"\n"
    assert done.stdout.startswith(b"9 lines of ") and b"9 went onto the log." in done.stdout


def test_with_partitions_equal_users_meet_and_keep_their_order(tmp_path: Path) -> None:
    command = CommandLine(tmp_path, partitions=4)
    lines = [b'{"user_id":"u%d","n":%d}\n' % (n % 50, n) for n in range(5000)]
    command.run("replay", "-", given=b"".join(lines) + BROKEN)
    for partition in range(4):
        expected = [line for n, line in enumerate(lines) if partition_of(b"u%d" % (n % 50), 4) == partition]
        got = command.on_the_log(partition)
        assert got.startswith(b"".join(expected))
    everything = b"".join(command.on_the_log(partition) for partition in range(4))
    assert sorted(everything.splitlines()) == sorted([*b"".join(lines).splitlines(), *(BROKEN + b"\n").splitlines()])
    home_of_seven = command.on_the_log(partition_of(b"7", 4))
    assert b'{"user_id":7}\n' in home_of_seven and b'{"user_id":"7"}\n' in home_of_seven


def test_a_line_that_no_log_takes_is_counted_and_left_out(command: CommandLine) -> None:
    done = command.run("replay", "-", "--json", given=b"a\n" + b"x" * (17 * 1024 * 1024) + b"\nb\n")
    summary = json.loads(done.stdout)
    assert done.returncode == 0
    assert (summary["read"], summary["appended"], summary["too_long"]) == (3, 2, 1)
    assert command.on_the_log() == b"a\nb\n"


def test_a_torn_gzip_file_puts_its_whole_lines_on_the_log_and_fails(command: CommandLine) -> None:
    lines = b"".join(b'{"user_id":"%d"}\n' % (n * 7919) for n in range(50_000))
    (command.home / "torn.gz").write_bytes(gzip.compress(lines)[:-5000])
    done = command.run("replay", "torn.gz")
    kept = command.on_the_log()
    assert done.returncode == 1
    assert b"breaks off" in done.stderr and done.stderr.count(b"\n") == 1
    assert lines.startswith(kept) and len(kept) > len(lines) // 2
    count = f"{len(kept.splitlines()):,}".encode()
    assert done.stdout.startswith(b"Stopped before the end: %s lines" % count)


@pytest.mark.parametrize("name", ["missing.ndjson", "."])
def test_a_file_that_cannot_be_read_is_one_clear_line_and_a_failure(command: CommandLine, name: str) -> None:
    done = command.run("replay", name)
    assert done.returncode == 1
    assert done.stdout == b"" and done.stderr.startswith(b"clickwatch: ") and done.stderr.count(b"\n") == 1


def test_unreadable_rows_are_counted_and_shown_and_no_failure(command: CommandLine) -> None:
    done = command.run("replay", str(SMALL), "--format", "rees46")
    assert done.returncode == 0
    assert b"27 went onto the log, 8 could not be read." in done.stdout
    assert b"line 10: 4 columns in place of 9: 2024-03-01 09:00:33 UTC,view,7302,904" in done.stdout
    assert command.on_the_log().count(b"\n") == 27


def test_the_json_summary_accounts_for_every_row(command: CommandLine) -> None:
    done = command.run("replay", str(SMALL), "--format", "rees46", "--json")
    summary = json.loads(done.stdout)
    assert summary["read"] == summary["appended"] + summary["unreadable"] + summary["too_long"] == 35
    assert summary["examples"][0]["line"] == 10 and summary["complete"] is True


def test_a_csv_file_read_with_a_high_speed_is_the_same_file(command: CommandLine) -> None:
    done = command.run("replay", str(SMALL), "--format", "rees46", "--speed", "100000")
    assert done.returncode == 0
    assert command.on_the_log().count(b"\n") == 27


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("speed", ["max", "1"])
def test_a_signal_stops_cleanly_with_the_summary(command: CommandLine, number: int, code: int, speed: str) -> None:
    first = b'{"user_id":"a","timestamp":"2026-01-26T07:10:15Z"}\n'
    later = b'{"user_id":"a","timestamp":"2026-01-26T17:10:15Z"}\n' if speed == "1" else b'{"user_id":"torn'
    process = command.start("replay", "-", "--speed", speed)
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(first + later)
    process.stdin.flush()
    segments = command.home / "log" / "clickstream_events" / "0"
    while not any(path.stat().st_size for path in segments.glob("*.ndjson")):
        assert process.poll() is None
    process.send_signal(number)
    assert process.wait(60) == code
    assert process.stdout.read().startswith(b"Stopped before the end: 1 line of standard input")
    assert command.on_the_log() == first


@pytest.mark.parametrize("speed", ["0", "-1", "fast", "nan"])
def test_a_speed_that_is_none_is_refused(command: CommandLine, speed: str) -> None:
    assert command.run("replay", "-", "--speed", speed).returncode == 2
