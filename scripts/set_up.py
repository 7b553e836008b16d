"""Makes .venv: the locked packages, checked by hash, and clickwatch itself. Needs nothing but Python.

Comes in: `run` (what the commands need) or `dev` (what the tests need too). Goes out: a .venv that is stamped with
what it was made from, so that the next call costs nothing. A set-up that was cut short leaves a mark and is made
anew; two at once take turns.
"""

import ctypes
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LEVELS = ("run", "dev")
# Published as source only; it is built with what the lock file holds.
FROM_SOURCE = ("pyspark",)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
UNFINISHED = VENV / ".clickwatch-unfinished"
# Settings of pip and Python that would make it install somewhere else than in .venv.
ELSEWHERE = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PYTHONPATH", "PYTHONHOME", "__PYVENV_LAUNCHER__")


class SetUpError(Exception):
    """What went wrong and what to do about it, as it is printed."""


def lock_file(level: str) -> Path:
    """The packages of a level, pinned and hashed; `dev` holds those of `run`."""
    return ROOT / "requirements" / f"{level}.txt"


def stamp(level: str) -> Path:
    """The file that says what a finished level was made from."""
    return VENV / f".clickwatch-{level}"


def digest(level: str) -> str:
    """Changes with the lock file, the project's own metadata, the Python inside .venv and the folder's place."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    parts = [
        str(ROOT),
        (VENV / "pyvenv.cfg").read_text("utf-8"),
        lock_file(level).read_text("utf-8"),
        json.dumps([project["project"], project["build-system"], project["tool"]["hatch"]], sort_keys=True),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def is_current(level: str) -> bool:
    """Whether .venv is finished, for this level or one that holds it, and made from what is here now."""
    try:
        return not UNFINISHED.exists() and any(
            stamp(made).is_file() and stamp(made).read_text("utf-8") == digest(made)
            for made in LEVELS[LEVELS.index(level) :]
        )
    except FileNotFoundError:
        return False


def is_sound() -> bool:
    """Whether the .venv here is finished, was made in this place, and has a Python and a pip that run."""
    pip = VENV / "bin" / "pip"
    if UNFINISHED.exists() or not pip.is_file() or str(VENV).encode() not in pip.read_bytes():
        return False
    check = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.run([str(PYTHON), "-I", "-c", check], capture_output=True).returncode == 0
    except OSError:
        return False


@contextmanager
def turn() -> Iterator[None]:
    """Hold the one right to change .venv; waits for another set-up of this folder."""
    with lock_file("run").open() as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another set-up of this folder to finish")
            fcntl.flock(held, fcntl.LOCK_EX)
        os.set_inheritable(held.fileno(), True)  # a pip that outlives a killed set-up still holds its turn
        yield


def say(text: str) -> None:
    """One line, at once."""
    print(text, flush=True)


def run(what: str, command: list[str], packages: int = 0) -> None:
    """Run a command quietly, showing how far it is; its own words are shown whole if it fails."""
    environment = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    began = time.monotonic()
    words: list[str] = []
    seen = 0
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        close_fds=False,
    ) as child:
        for line in child.stdout or ():
            words.append(line)
            if packages and line.startswith(("Collecting ", "Requirement already satisfied: ", "Installing coll")):
                seen += 1
                show_progress(what, seen, packages)
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)
    if child.returncode:
        sys.stderr.write("".join(words))
        raise SetUpError(f"{what} failed; what it said stands above. Put that right and run this again")
    say(f"{what}: done in {time.monotonic() - began:.0f} s")


def show_progress(what: str, seen: int, packages: int) -> None:
    """On a terminal, one line that changes; in a file or pipe, a line at each quarter."""
    state = f"{seen} of {packages}" if seen <= packages else "all here, unpacking"
    if sys.stdout.isatty():
        print(f"\r\033[K{what}: {state}", end="", flush=True)
    elif seen > packages or seen * 4 // packages > (seen - 1) * 4 // packages:
        say(f"{what}: {state}")


def may_install() -> list[str] | None:
    """How apt-get can be run here without asking: as root, or by sudo without a password; None if it cannot."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and not subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode:
        return ["sudo", "-n"]
    return None


def ensure_venv_module() -> None:
    """Some distributions ship Python without venv and pip: install what is missing, or say how."""
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    ensure_package(package, f"{sys.executable} lacks the modules venv and ensurepip")


def ensure_browser() -> None:
    """The tests look at pages with the distribution's Chromium: install it if it is missing, or say how."""
    if not any(map(shutil.which, BROWSERS)):
        ensure_package("chromium", "The tests need Chromium, which is missing")


def ensure_browser_driver() -> None:
    """What drives the browser comes with the packages and needs a library that small systems lack."""
    if sys.platform != "linux":
        return
    try:
        ctypes.CDLL("libatomic.so.1")
    except OSError:
        ensure_package("libatomic1", "The tests drive Chromium by a program that needs libatomic, which is missing")


def ensure_package(package: str, missing: str) -> None:
    """Install a system package, or raise SetUpError with what is missing and the line that installs it."""
    if shutil.which("apt-get") is None:
        raise SetUpError(f"{missing}. Install your system's {package}")
    prefix = may_install()
    if prefix is None:
        raise SetUpError(f"{missing}. Run this once: sudo apt-get install -y {package}")
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
    run("Reading the list of system packages", [*apt, "update"])
    run(f"Installing {package}", [*apt, "install", "-y", "--no-install-recommends", package])


def make_venv() -> None:
    """A new, empty .venv; it is marked as unfinished before anything else is in it."""
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    elif VENV.exists():
        shutil.rmtree(VENV)
    VENV.mkdir()
    UNFINISHED.touch()
    version = ".".join(map(str, sys.version_info[:3]))
    run(f"Making .venv with Python {version}", [sys.executable, "-I", "-m", "venv", str(VENV)])


def lock_entries(level: str, from_source: bool) -> str:
    """The part of a lock file whose packages are built here from their source, or the part that comes built."""
    text = lock_file(level).read_text("utf-8").replace("\\\n", " ")
    entries = [line for line in text.splitlines() if (line.split("==")[0] in FROM_SOURCE) == from_source]
    return "".join(f"{entry}\n" for entry in entries)


def install(level: str) -> None:
    """The locked packages, then clickwatch from this folder, so that a change to it counts at once."""
    pip = [str(PYTHON), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    checked = ["--progress-bar=off", "--require-hashes", "-r"]
    built, sources = VENV / "built.txt", VENV / "sources.txt"
    built.write_text(lock_entries(level, from_source=False), "utf-8")
    packages = sum("==" in line and "win32" not in line for line in built.read_text("utf-8").splitlines())
    run("Installing packages", [*pip, "--only-binary=:all:", *checked, str(built)], packages)
    sources.write_text(lock_entries(level, from_source=True), "utf-8")
    if sources.stat().st_size:
        run("Building what comes as source", [*pip, "--no-deps", "--no-build-isolation", *checked, str(sources)])
    run("Installing clickwatch", [*pip, "--no-deps", "--no-index", "--no-build-isolation", "-e", str(ROOT)])


def set_up(level: str) -> None:
    """Bring .venv to a level: in place where it is sound, else from nothing. The stamp is written last."""
    with turn():
        if is_current(level):
            return
        if not is_sound():
            ensure_venv_module()
            make_venv()
        if level == "dev":
            ensure_browser()
            ensure_browser_driver()
        UNFINISHED.touch()
        for made in LEVELS:
            stamp(made).unlink(missing_ok=True)
        install(level)
        stamp(level).write_text(digest(level), "utf-8")
        UNFINISHED.unlink()


def main(arguments: list[str]) -> int:
    """`set_up.py run|dev` does it; `set_up.py --is-current run|dev` only answers, by exit code."""
    level = arguments[-1] if arguments else ""
    if level not in LEVELS or arguments not in ([level], ["--is-current", level]):
        raise SetUpError(f"Say which set-up: {' or '.join(LEVELS)}")
    if len(arguments) == 2:
        return 0 if is_current(level) else 1
    set_up(level)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("clickwatch: the set-up was interrupted. Run it again; it starts anew.")
    except (SetUpError, OSError) as error:
        sys.exit(f"clickwatch: {error}.")
