"""The set-up script, run on a small project of its own that needs no package from anywhere."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.repository import ROOT

_PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "shop"
version = "1"
[tool.hatch]
"""
# Builds the project, in its own way: it can be held up, so that a test can act in the middle of a set-up.
_BACKEND = """\
import os, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    if os.path.exists("reached"):
        open("reached", "w").close()
        open("go").close()
    with zipfile.ZipFile(os.path.join(folder, "shop-1-py3-none-any.whl"), "w") as wheel:
        wheel.writestr("shop.pth", os.getcwd())
        wheel.writestr("shop-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: shop\\nVersion: 1\\n")
        wheel.writestr("shop-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("shop-1.dist-info/RECORD", "")
    return "shop-1-py3-none-any.whl"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the set-up scripts, lock files without packages, and nothing made yet."""
    folder = tmp_path / "a shop"
    (folder / "requirements").mkdir(parents=True)
    (folder / "scripts").mkdir()
    for name in ("setup.sh", "set_up.py"):
        shutil.copy(ROOT / "scripts" / name, folder / "scripts" / name)
    for name in ("run", "dev"):
        (folder / "requirements" / f"{name}.txt").write_text("# none\n", "utf-8")
    (folder / "pyproject.toml").write_text(_PYPROJECT, "utf-8")
    (folder / "backend.py").write_text(_BACKEND, "utf-8")
    return folder


def start(project: Path, level: str = "run") -> subprocess.Popen[str]:
    """Begin a set-up, in a process group of its own."""
    environment = {**os.environ, "PYTHON": sys.executable, "PIP_NO_INDEX": "1"}
    command = [str(project / "scripts" / "setup.sh"), level]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


def finish(set_up: subprocess.Popen[str]) -> str:
    """What a set-up that succeeds says until its end."""
    said, errors = set_up.communicate()
    assert (set_up.returncode, errors) == (0, "")
    return said


def hold_up(project: Path) -> None:
    """Let the next set-up stop in the middle: it opens `reached`, and goes on when `go` is opened."""
    os.mkfifo(project / "reached")
    os.mkfifo(project / "go")


def await_the_middle(project: Path) -> None:
    """Return when the set-up is where it is held up; the one after it is not held up."""
    (project / "reached").open().close()
    (project / "reached").unlink()


def test_a_finished_set_up_is_done_again_only_for_a_change(project: Path) -> None:
    assert "Making .venv" in finish(start(project, "dev"))
    assert finish(start(project, "dev")) == ""
    assert finish(start(project, "run")) == "", "what the tests need holds what the commands need"

    (project / "requirements" / "dev.txt").write_text("# still none\n", "utf-8")
    said = finish(start(project, "dev"))
    assert "Installing packages: done" in said
    assert "Making .venv" not in said

    moved = project.rename(project.with_name("another shop"))
    assert "Making .venv" in finish(start(moved, "dev")), "commands in .venv hold the path of the folder"


def test_a_set_up_that_was_killed_is_made_anew(project: Path) -> None:
    hold_up(project)
    killed = start(project)
    await_the_middle(project)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert "Making .venv" in finish(start(project))
    assert finish(start(project)) == ""


def test_two_set_ups_at_once_take_turns(project: Path) -> None:
    hold_up(project)
    first = start(project)
    await_the_middle(project)
    second = start(project)
    assert second.stdout is not None
    assert second.stdout.readline() == "Waiting for another set-up of this folder to finish\n"
    (project / "go").open("w").close()
    finish(first)
    assert finish(second) == ""


def test_a_package_that_cannot_be_had_is_told_in_the_installers_own_words(project: Path) -> None:
    line = f"no-such-package==1 --hash=sha256:{'0' * 64}\n"
    (project / "requirements" / "run.txt").write_text(line, "utf-8")
    failed = start(project)
    _, errors = failed.communicate()
    assert failed.returncode == 1
    assert "No matching distribution found for no-such-package==1" in errors
    assert errors.endswith("clickwatch: Installing packages failed; what it said stands above. "
                           "Put that right and run this again.\n")  # fmt: skip


def stand_in(folder: Path, name: str, script: str) -> None:
    """A command of that name, first on the PATH of the test."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)


def find_python(project: Path, path: Path) -> subprocess.CompletedProcess[str]:
    """Run the set-up with only `path`, and the few system commands that it needs, to find a Python in."""
    stand_in(path, "dirname", f'exec {shutil.which("dirname")} "$@"')
    (project / "scripts" / "set_up.py").write_text("import sys; print(sys.version_info[:2], sys.argv[1:])", "utf-8")
    command = ["/bin/sh", str(project / "scripts" / "setup.sh"), "run"]
    return subprocess.run(command, env={"PATH": str(path)}, capture_output=True, text=True)


def test_a_python_that_does_not_run_or_is_too_old_is_passed_over(project: Path, tmp_path: Path) -> None:
    path = tmp_path / "bin"
    path.mkdir()
    stand_in(path, "python3.14", "echo 'python3.14: command not found' >&2; exit 127")
    stand_in(path, "python3.13", "exit 1")
    stand_in(path, "python3", f'exec "{sys.executable}" "$@"')
    assert find_python(project, path).stdout == f"{sys.version_info[:2]} ['run']\n"


def test_no_suitable_python_is_one_clear_line(project: Path, tmp_path: Path) -> None:
    path = tmp_path / "bin"
    path.mkdir()
    stand_in(path, "python3", '[ "$1" = --version ] && echo Python 3.9.2 && exit 0; exit 1')
    failed = find_python(project, path)
    assert failed.returncode == 1
    assert failed.stderr == (
        "clickwatch: Python 3.11 or newer is needed, and Python 3.9.2 is here. Install it and run this again.\n"
    )
