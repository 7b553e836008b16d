"""The death of a process is proved, never guessed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from clickwatch.store import holder
from clickwatch.store.holder import is_dead, this_process

PARTS = ("host", "machine", "boot", "namespace", "pid", "start")
CODE = "from clickwatch.store.holder import this_process; print(this_process(), flush=True); input()"


def named(**changes: str) -> str:
    """This process's name with some parts changed."""
    parts = dict(zip(PARTS, this_process().rsplit(":", 5), strict=True))
    return ":".join({**parts, **changes}.values())


def start() -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-c", CODE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": "src"},
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


@pytest.fixture
def machine_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "machine-id"
    file.write_text("0123456789abcdef" * 2)
    monkeypatch.setattr(holder, "_MACHINE_ID", file)
    return file


def test_a_running_process_is_alive() -> None:
    process, name = start()
    assert not is_dead(name)
    assert not is_dead(this_process())
    process.communicate("")


def test_a_killed_process_is_dead_before_and_after_its_parent_collects_it() -> None:
    process, name = start()
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert is_dead(name)
    process.communicate()
    assert is_dead(name)


def test_another_process_with_the_same_number_is_not_the_holder() -> None:
    assert is_dead(named(start="1"))


def test_a_process_from_before_the_last_boot_is_dead(machine_id: Path) -> None:
    assert is_dead(named(boot="another-boot"))


def test_another_machine_with_the_same_host_name_has_not_booted_anew(machine_id: Path) -> None:
    name = named(boot="another-boot")
    machine_id.write_text("f" * 32)
    assert not is_dead(name)
    machine_id.unlink()
    assert not is_dead(name)
    assert not is_dead(named(boot="another-boot"))


def test_the_id_of_the_machine_is_not_told(machine_id: Path) -> None:
    assert machine_id.read_text() not in this_process()


def test_what_cannot_be_seen_from_here_is_taken_for_alive() -> None:
    assert not is_dead(named(host="another-host"))
    assert not is_dead(named(namespace="1", start="1"))
    assert not is_dead(named(boot="-"))
    assert not is_dead("somebody")
    assert not is_dead("a:b:c:d:e")
    assert not is_dead("a:b:c:d:e:f")
