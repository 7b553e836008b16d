"""`clickwatch schedule`: what makes a machine run the night, as texts to be put where cron and systemd look."""

import os
import pwd
import sys
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from clickwatch.cli.machine_clock import offsets_from_utc
from clickwatch.cli.output import notes, say_whole
from clickwatch.cli.unit_texts import Installed, cron_line, service_unit, timer_unit
from clickwatch.settings import AppSettings, current_settings
from clickwatch.settings.origins import known_here_alone

_PLACES = ("CLICKWATCH_HOME", "PSEUDONYM_KEY_FILE")


class Kind(StrEnum):
    """What is printed."""

    CRON = "cron"
    SERVICE = "service"
    TIMER = "timer"


def schedule(
    kind: Annotated[
        Kind | None, typer.Argument(help="Only this text; all of them by default.", show_default=False)
    ] = None,
) -> None:
    """Print what runs `clickwatch night` at 02:00 UTC: a line for cron, or a service and a timer for systemd.

    They hold the paths of this command, of this folder, where `.env` is, and of the home that it works on; where
    Spark is to compute, JAVA_HOME too.
    """
    settings = current_settings()
    installed = _installed(settings)
    texts = {
        Kind.CRON: cron_line(installed, offsets_from_utc(datetime.now(UTC).replace(hour=2))),
        Kind.SERVICE: service_unit(installed),
        Kind.TIMER: timer_unit(),
    }
    for name, text in texts.items():
        shown = text if kind is name else f"# {_WHERE[name]}\n{text}\n"
        for line in shown.splitlines() if kind in (None, name) else ():
            say_whole(line)
    _warn_of_the_environment()


_WHERE = {
    Kind.CRON: "cron: a line for `crontab -e`",
    Kind.SERVICE: "systemd: /etc/systemd/system/clickwatch-night.service",
    Kind.TIMER: "systemd: /etc/systemd/system/clickwatch-night.timer",
}


def _installed(settings: AppSettings) -> Installed:
    places = (settings.clickwatch_home, settings.pseudonym_key_file)
    environment = dict(zip(_PLACES, (str(place.expanduser().absolute()) for place in places), strict=True))
    if settings.batch_engine == "spark" and (java := os.environ.get("JAVA_HOME")):
        environment["JAVA_HOME"] = java  # Spark's, not a setting: .env cannot have it
    return Installed(
        command=(sys.executable, "-P", "-m", "clickwatch", "night"),  # -P: a random.py of the shop is none of it
        folder=str(Path.cwd()),
        environment=tuple(environment.items()),
        user=_user(),
    )


def _user() -> str:
    with suppress(KeyError):  # a container's user may have a number alone
        return pwd.getpwuid(os.geteuid()).pw_name
    return str(os.geteuid())


def _warn_of_the_environment() -> None:
    """Settings of a shell are not there at night; one of them may be the key."""
    names = ", ".join(name for name in known_here_alone() if name not in _PLACES)
    if names:
        notes.print(f"At night your environment is not there, and .env has these not or otherwise: {names}.")
        notes.print("Write them into .env.")
