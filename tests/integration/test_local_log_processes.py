"""Real processes append: killed at any instant, several at once, on a disk that is full."""

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest

import clickwatch
from tests.support.appender import open_small, record
from tests.support.event_logs import records
from tests.support.proof import proof_scale

_KILLS = 12
_MANY = 1_000_000
_IMPORTS = (Path(clickwatch.__file__).parents[1], Path(__file__).parents[2])


def _appender(
    folder: Path, writer: str, first: int = 0, batches: int = _MANY, seed: int = 0, limit: int = 0
) -> subprocess.Popen[str]:
    arguments = [str(folder), writer, *map(str, (first, batches, seed, limit))]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.appender", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, _IMPORTS))},
    )


def _numbers(seen: list[bytes], writer: str) -> list[int]:
    """The numbers of a writer's records, in log order; each must be whole."""
    parts = [(each, each.split(b":")) for each in seen if each.startswith(f"{writer}:".encode())]
    assert all(each == record(writer, int(fields[1])) for each, fields in parts)
    return [int(fields[1]) for _, fields in parts]


def test_kill_9_at_any_instant_loses_nothing_acknowledged_and_serves_nothing_torn(tmp_path: Path) -> None:
    random = Random(os.environ.get("CLICKWATCH_PROOF_SEED", "1"))
    following = 0
    for trial in range(_KILLS * proof_scale()):
        appender = _appender(tmp_path, "w", following, seed=trial)
        assert appender.stdout is not None
        first = appender.stdout.readline()
        time.sleep(random.random() * 0.1)  # the instant is the point: it must not hang on what the child says
        appender.kill()
        rest = appender.communicate()[0]
        acknowledged = int((first + rest[: rest.rfind("\n") + 1]).split()[-1])
        log = open_small(tmp_path)
        seen = _numbers(records(log), "w")
        log.close()
        assert seen == list(range(len(seen)))
        assert len(seen) >= acknowledged > following
        following = len(seen)


def test_processes_that_append_at_once_take_turns_and_a_reader_sees_only_whole_records(tmp_path: Path) -> None:
    writers, batches = ("a", "b", "c"), 30
    appenders = [_appender(tmp_path, writer, 0, batches, seed) for seed, writer in enumerate(writers)]
    log = open_small(tmp_path)
    seen: list[bytes] = []
    times: list[int] = []
    offset = 0
    while any(appender.poll() is None for appender in appenders) or offset < log.end_offset(0):
        block = log.read(0, offset, 50_000)
        seen.extend(block.record(i) for i in range(len(block)))
        times.extend(block.log_times.tolist())
        offset = block.next_offset
    log.close()
    ends = [int(appender.communicate()[0].split()[-1]) for appender in appenders]
    assert [appender.returncode for appender in appenders] == [0, 0, 0]
    for writer, end in zip(writers, ends, strict=True):
        assert _numbers(seen, writer) == list(range(end))
    assert sum(Counter(seen).values()) == sum(ends)
    assert times == sorted(times)


@pytest.mark.parametrize("limit", [1, 20_000, 61_234])
def test_a_full_disk_is_one_clear_error_and_the_log_goes_on_when_there_is_room(tmp_path: Path, limit: int) -> None:
    appender = _appender(tmp_path, "w", 0, 20, seed=limit, limit=limit)
    output = appender.communicate()[0].splitlines()
    assert appender.returncode == 0
    errors = [line for line in output if not line.isdecimal()]
    assert len(errors) == 1
    assert "file too large. Raise the file size limit" in errors[0]
    log = open_small(tmp_path)
    numbers = _numbers(records(log), "w")
    refused = output.index(errors[0])
    before = int(output[refused - 1]) if refused else 0
    # What was refused was appended again: its first groups may be there twice, and no record is torn.
    assert numbers[:before] == list(range(before))
    assert numbers[-(int(output[-1]) - before) :] == list(range(before, int(output[-1])))
    log.close()


def test_a_log_on_a_full_disk_stays_readable(tmp_path: Path) -> None:
    appender = _appender(tmp_path, "w", 0, 1, limit=1)
    assert "Cannot write to" in appender.communicate()[0]
    log = open_small(tmp_path)
    assert records(log) == []
    log.append(0, b"room again\n")
    assert records(log) == [b"room again"]
    log.close()
