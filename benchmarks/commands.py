"""The project's commands and measured runs, each as a process of its own in a home of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clickwatch.wiring.day_engines import Engine
from clickwatch.wiring.log_kinds import LogKind

_ROOT = Path(__file__).resolve().parent.parent

Say = Callable[[str], None]
"""Takes a line of progress."""


@contextmanager
def running(
    folder: Path, *words: str, settings: Mapping[str, str] | None = None, output: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m WORDS` over the home in `folder`; it is killed at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=folder,  # where no .env lies
        env=_environment(folder) | dict(settings or {}),
        stdin=subprocess.DEVNULL,
        stdout=output,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def measured_run(
    folder: Path,
    kind: LogKind = LogKind.LOG,
    settings: Mapping[str, str] | None = None,
    engine: Engine = Engine.EMBEDDED,
) -> dict[str, Any]:
    """What `benchmarks.child` says of one pass over a log. Raises CalledProcessError if it fails."""
    return measured(folder, "benchmarks.child", str(folder), kind, engine, settings=settings)


def measured(folder: Path, *words: str, settings: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The line of JSON that `python -m WORDS` ends with. Raises CalledProcessError if it fails."""
    with running(folder, *words, settings=settings, output=subprocess.PIPE) as process:
        output, _ = process.communicate()
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args)
        said: dict[str, Any] = json.loads(output.splitlines()[-1])
        return said


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return kept | {
        "PYTHONPATH": os.pathsep.join((str(_ROOT), str(_ROOT / "src"))),
        "PYTHONIOENCODING": "utf-8",
        "CLICKWATCH_HOME": str(folder / "home"),
        "PSEUDONYM_KEY_FILE": str(folder / "keys"),
    }
