"""The texts by which cron and systemd run the night; each quotes in its own way."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from clickwatch.errors import SettingsError

_AT = timedelta(hours=2)
_A_DAY = timedelta(days=1)
# systemd takes neither quotes nor backslashes in the path of a program, and expands no $$ in it; in words after it, it
# does. `env` would do, but for a path with a = in it.
_BY_THE_SHELL = """/bin/sh -c 'exec "$$0" "$$@"'"""


@dataclass(frozen=True)
class Installed:
    """A command with its words, the folder that it is run in, variables that it needs, and who runs it."""

    command: tuple[str, ...]
    folder: str
    environment: tuple[tuple[str, str], ...]
    user: str

    def __post_init__(self) -> None:
        for text in (*self.command, self.folder, *(value for _, value in self.environment)):
            if not text.isprintable():
                problem = f"The path {text!r} has characters that neither cron nor systemd takes"
                raise SettingsError(problem, "Name the folder otherwise")


def cron_line(installed: Installed, offsets: Sequence[timedelta]) -> str:
    """The line for a crontab, with a comment above it where the machine's clock is not UTC.

    cron goes by the machine's clock, which is `offsets` ahead of UTC in the nights to come: where that changes in the
    year, the night is never before 02:00 UTC.
    """
    variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in installed.environment)
    command = f"cd {shlex.quote(installed.folder)} && {variables} {shlex.join(installed.command)}"
    minutes = (_AT + max(offsets)) % _A_DAY // timedelta(minutes=1)
    at = f"{minutes % 60} {minutes // 60} * * *"
    # A % is a line end to cron, in quotes of the shell too, unless a backslash stands before it; and crons disagree on
    # one before another. All are in quotes here: these end and begin again, so that each backslash stands alone.
    line = f"{at} {command}".replace("\\", "\\''").replace("%", "\\%") + "\n"
    return line if not any(offsets) else f"# {minutes // 60:02}:{minutes % 60:02} here is {_in_utc(offsets)}\n{line}"


def _in_utc(offsets: Sequence[timedelta]) -> str:
    latest = (_AT + max(offsets) - min(offsets)) // timedelta(minutes=1)
    seasons = "" if max(offsets) == min(offsets) else f", or {latest // 60:02}:{latest % 60:02} by the season"
    return f"02:00 UTC{seasons}"


def service_unit(installed: Installed) -> str:
    """One night. A failure is tried again, a wrong setting, which has exit code 2, is not.

    systemd counts all starts, whoever asks for them. Within two hours there are four at most: what is used up at 02:00
    was used since midnight, by tries of the same night.
    """
    variables = "".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in installed.environment)
    words = " ".join(_quoted(word).replace("$", "$$") for word in installed.command)
    return f"""\
[Unit]
Description=clickwatch: the night's reports
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=2h
StartLimitBurst=4

[Service]
Type=oneshot
User={installed.user}
WorkingDirectory={installed.folder.replace("%", "%%")}
{variables}ExecStart={_BY_THE_SHELL} {words}
Restart=on-failure
RestartSec=10m
RestartPreventExitStatus=2
"""


def timer_unit() -> str:
    """Every night at 02:00 UTC; once after the machine was off at that time."""
    return """\
[Unit]
Description=clickwatch: every night at 02:00 UTC

[Timer]
OnCalendar=*-*-* 02:00:00 UTC
Persistent=true

[Install]
WantedBy=timers.target
"""


def _quoted(text: str) -> str:
    """A word of a unit file: in double quotes if it has to be, nothing in it expanded."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return escaped if escaped == text and " " not in text and "'" not in text else f'"{escaped}"'
