"""The truth file: one JSON object, written whole and read with suspicion."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from clickwatch.domain.instant import iso_utc, micros_of
from clickwatch.domain.known_truth import FORMAT, VERSION, KnownTruth
from clickwatch.errors import TruthError
from clickwatch.files.durable import new_file
from clickwatch.files.refusals import storage_errors

_LARGEST = 1024 * 1024 * 1024
_MODE = 0o644
_TRUTH = TypeAdapter(KnownTruth)
_NEW = "Name a new file, in a folder that is there, with --truth"
_CURE = "Name a file that clickwatch produce --profile chaos has written, unchanged"


def check_place(path: Path) -> None:
    """Raise TruthError unless a truth file can be made here; one that is there is never replaced."""
    try:
        with _none_there(path):
            path.touch(_MODE, exist_ok=False)
        path.unlink()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise TruthError(f"The truth file {path} cannot be made: {reason}", _NEW) from error


@contextmanager
def _none_there(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise TruthError(f"{path} is there already", _NEW) from None


def write_truth(path: Path, truth: KnownTruth) -> None:
    """Write a new truth file, whole and durably; each row of a list stands on a line of its own.

    Raises TruthError if a file is there, StorageError if it cannot be written.
    """
    members = asdict(truth).items()
    text = ",\n".join(f"{json.dumps(name)}: {_written(value)}" for name, value in members)
    with storage_errors("write", path), _none_there(path), new_file(path, _MODE) as file:
        file.write(f"{{\n{text}\n}}\n".encode())


def _written(value: object) -> str:
    if not isinstance(value, list):
        return json.dumps(value)
    return "[" + ",".join(f"\n  {json.dumps(row)}" for row in value) + "\n]"


def read_truth(path: Path) -> KnownTruth:
    """Read a truth file. Raises TruthError if it cannot be read, is none, is damaged, or of another version."""
    try:
        if path.stat().st_size > _LARGEST:
            raise TruthError(f"{path} is too large for a truth file", _CURE)
        text = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise TruthError(f"The truth file {path} cannot be read: {reason}", _CURE) from error
    _check_version(path, text)
    try:
        truth = _TRUTH.validate_json(text, strict=True, extra="forbid")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _damaged(path, f"{place}: {first['msg'].lower()}") from None
    for place, time in _times(truth):
        if not _is_time(time):
            raise _damaged(path, f"{place}: {time!r} is no time in UTC")
    return truth


def _check_version(path: Path, text: bytes) -> None:
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TruthError(f"{path} is no truth file: it is not JSON, or not all of it", _CURE) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise TruthError(f'{path} is no truth file: it does not say "format": "{FORMAT}"', _CURE)
    if document.get("version") != VERSION:
        raise TruthError(
            f"The truth file {path} is of version {document.get('version')}, and this clickwatch reads {VERSION}",
            "Use the clickwatch that made it, or make the log and its truth again",
        )


def _damaged(path: Path, where: str) -> TruthError:
    return TruthError(f"The truth file {path} is damaged at {where}", _CURE)


def _times(truth: KnownTruth) -> Iterator[tuple[str, str]]:
    """Every time of the file, with its place."""
    yield from (("origin.start", truth.origin.start), ("origin.end", truth.origin.end))
    optional = [("closed_until", truth.closed_until)]
    optional += [(f"partitions.{number}.watermark", row.watermark) for number, row in enumerate(truth.partitions)]
    yield from ((place, time) for place, time in optional if time is not None)
    for number, window in enumerate(truth.windows):
        yield f"windows.{number}.window_start", window.window_start
        yield f"windows.{number}.window_end", window.window_end
    for number, alert in enumerate(truth.alerts):
        yield f"alerts.{number}.window_start", alert.window_start
        yield f"alerts.{number}.window_end", alert.window_end
    for number, hour in enumerate(truth.hours):
        yield f"hours.{number}.hour_start", hour.hour_start


def _is_time(text: str) -> bool:
    try:
        return iso_utc(micros_of(text)) == text
    except (ValueError, OverflowError):
        return False
