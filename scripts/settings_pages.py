"""The configuration page and `.env.example`, written from `AppSettings`."""

import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import get_args

import annotated_types
from pydantic.fields import FieldInfo

from clickwatch.domain.duration import format_duration
from clickwatch.settings import AppSettings
from clickwatch.settings.kinds import Days, Minutes, Seconds

_DURATIONS = tuple(get_args(kind)[1] for kind in (Seconds, Minutes, Days))
# Defaults that depend on the machine, in words, and what another value looks like.
_PLACES = {
    "clickwatch_home": ("the user's data folder, `~/.local/share/clickwatch` on Linux", "/srv/clickwatch"),
    "pseudonym_key_file": ("the user's configuration folder, `~/.config/clickwatch/keys` on Linux", "/etc/clickwatch"),
}
_PAGE = """\
# Configuration

Settings are environment variables, or lines of a file `.env` in the folder where a command is run; the environment
wins. `.env.example` holds them all, with their defaults: copy it to `.env` and change what you need. A setting that
cannot be used stops the command with one line that names it.

Durations are a number and a unit (`250ms`, `30s`, `2 minutes`, `1h`, `30d`); a bare number is seconds unless the
table says otherwise. Lists are separated by commas.

| setting | default | allowed | meaning |
|---|---|---|---|
"""
_EXAMPLE = """\
# Every setting of clickwatch, with its default or an example. Copy this file to .env and uncomment what you change.
"""


@dataclass(frozen=True)
class Setting:
    """One setting as people see it. `line` is what one writes in `.env`: the default, or else an example."""

    name: str
    line: str
    default: str
    allowed: str
    meaning: str


def settings() -> Iterator[Setting]:
    """Every setting: those of AppSettings itself in its order, then those of its parts."""
    fields = AppSettings.model_fields
    for name in sorted(fields, key=lambda name: name not in AppSettings.__annotations__):
        field = fields[name]
        write = _writer(field)
        if name in _PLACES:
            default, value = _PLACES[name]
        else:
            value = write(field.default)
            default = f"`{value}`" if value else "none"
        yield Setting(name.upper(), f"{name.upper()}={value}", default, _allowed(field, write), field.description or "")


def _writer(field: FieldInfo) -> Callable[[object], str]:
    """How values of a setting are written: durations with their unit, lists with commas."""
    if any(kind in field.metadata for kind in _DURATIONS):
        return lambda value: format_duration(value) if value and isinstance(value, int) else "0"
    return _plain


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _allowed(field: FieldInfo, write: Callable[[object], str]) -> str:
    """The bounds or the choices of a setting, in words."""
    kind = field.annotation
    if isinstance(kind, type) and issubclass(kind, bool):
        return "true or false"
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return ", ".join(kind)
    bounds = []
    for bound in field.metadata:
        match bound:
            case annotated_types.Gt():
                bounds.append(f"above {write(bound.gt)}")
            case annotated_types.Ge():
                bounds.append(f"{write(bound.ge)} or more")
            case annotated_types.Le():
                bounds.append(f"{write(bound.le)} or less")
    return ", ".join(bounds)


def configuration_page() -> str:
    """docs/configuration.md."""
    rows = (f"| `{s.name}` | {s.default} | {s.allowed} | {s.meaning} |\n" for s in settings())
    return _PAGE + "".join(rows)


def env_example() -> str:
    """.env.example: every line commented out."""
    return _EXAMPLE + "".join(f"\n{_comment(setting)}\n# {setting.line}\n" for setting in settings())


def _comment(setting: Setting) -> str:
    place = _PLACES.get(setting.name.lower())
    words = f"{setting.meaning} By default {place[0].replace('`', '')}." if place else setting.meaning
    return textwrap.fill(words, 110, initial_indent="# ", subsequent_indent="# ")
