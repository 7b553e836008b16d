"""The `clickwatch` command as people run it: a process of its own, in a home of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clickwatch.eventlog.local import LocalLog, LocalLogConfig
from clickwatch.eventlog.port import EventLog

_SOURCES = Path(__file__).parent.parent.parent / "src"


@dataclass(frozen=True)
class CommandLine:
    """Runs commands with `home` as CLICKWATCH_HOME, and reads what they put onto the log.

    `settings` are more environment variables; one that is None is left out.
    """

    home: Path
    partitions: int = 1
    settings: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
        given: dict[str, str | None] = {
            "PYTHONPATH": str(_SOURCES),
            "PYTHONIOENCODING": "utf-8",
            "CLICKWATCH_HOME": str(self.home),
            "PSEUDONYM_KEY_FILE": str(self.home.with_name(f"{self.home.name}-keys")),
            "LOG_PARTITIONS": str(self.partitions),
            **self.settings,
        }
        return kept | {name: value for name, value in given.items() if value is not None}

    def words(self, *arguments: str) -> list[str]:
        """What starts the command with these arguments."""
        return [sys.executable, "-m", "clickwatch", *arguments]

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A running command with pipes for its standard input and outputs."""
        return subprocess.Popen(
            self.words(*arguments),
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """A command run to its end, with `given` as its standard input."""
        process = self.start(*arguments)
        output, errors = process.communicate(given, timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def listed(self, *arguments: str) -> list[dict[str, Any]]:
        """What a listing command says with `--json`. Raises AssertionError if it fails."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr.decode()
        return [json.loads(line) for line in done.stdout.splitlines()]

    def open_log(self) -> EventLog:
        """The log that the commands write to."""
        folder = self.home / "log" / "clickstream_events"
        return LocalLog(LocalLogConfig(folder, self.partitions, 1 << 28, 0), lambda: 0)

    def on_the_log(self, partition: int = 0) -> bytes:
        """All records of one partition, each with its line end."""
        log = self.open_log()
        offset, lines = log.start_offset(partition), []
        while len(block := log.read(partition, offset, 1 << 24)):
            lines += [block.record(index) + b"\n" for index in range(len(block))]
            offset = block.next_offset
        log.close()
        return b"".join(lines)
