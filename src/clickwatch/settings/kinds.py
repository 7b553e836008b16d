"""The kinds of values that settings have: durations, lists of names, places in the file system."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import NoDecode

from clickwatch.domain.duration import parse_duration
from clickwatch.domain.window import DAY, MINUTE, SECOND


def _duration(bare_unit: int) -> BeforeValidator:
    return BeforeValidator(lambda value: parse_duration(str(value), bare_unit) if isinstance(value, str) else value)


def _names(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _filled(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise ValueError("it is empty; leave it out for the default")
    return value


def _known_user(path: Path) -> Path:
    try:
        path.expanduser()
    except RuntimeError as error:
        raise ValueError(f"{path} begins with a user that this machine does not know") from error
    return path


def _no_dots(topic: str) -> str:
    if topic in (".", ".."):
        raise ValueError(f"a topic cannot be named {topic}")
    return topic


Filled = BeforeValidator(_filled)
"""Refuses an empty line: a secret or an address that came out empty by mistake must not count as none."""
Place = Annotated[Path, Filled, AfterValidator(_known_user)]
Topic = Annotated[str, AfterValidator(_no_dots)]
Seconds = Annotated[int, _duration(SECOND)]
Minutes = Annotated[int, _duration(MINUTE)]
Days = Annotated[int, _duration(DAY)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)]
