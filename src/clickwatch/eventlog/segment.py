"""Segments: the files of a partition. Each is named by the offset of its first byte, and has an index beside it.

`00000000000000001234.ndjson` holds the records, newline-terminated, `00000000000000001234.index` their groups.
A segment exists from the moment that its index exists; segments join without gaps.
"""

import os
import re
from pathlib import Path

from clickwatch.errors import LogError
from clickwatch.eventlog.index import RESTORE

FILE_MODE = 0o640
"""Of new files, less the umask: the log holds raw user ids, which are not for everybody on the machine."""

_NAME = re.compile(r"(\d{20})\.(index|ndjson)", re.ASCII)


def data_path(folder: Path, base: int) -> Path:
    """The file with the records from offset `base` on."""
    return folder / f"{base:020d}.ndjson"


def index_path(folder: Path, base: int) -> Path:
    """The index of the segment that begins at offset `base`."""
    return folder / f"{base:020d}.index"


def segment_bases(folder: Path) -> list[int]:
    """The first offsets of all segments of a partition, ascending. Raises OSError."""
    return _bases(folder, "index")


def data_bases(folder: Path) -> list[int]:
    """The first offsets of all data files, with an index or without, ascending. Raises OSError."""
    return _bases(folder, "ndjson")


def _bases(folder: Path, ending: str) -> list[int]:
    matches = (_NAME.fullmatch(path.name) for path in folder.iterdir())
    return sorted(int(match.group(1)) for match in matches if match and match.group(2) == ending)


def is_removed(fd: int) -> bool:
    """Whether an open file has lost its name. Raises OSError."""
    return os.fstat(fd).st_nlink == 0


def too_short(path: Path, base: int, size: int, end: int) -> LogError:
    """The error for a data file that holds fewer bytes than were acknowledged, up to offset `end`."""
    problem = f"The log file {path} is damaged: bytes {size} to {end - base} are missing"
    return LogError(problem, RESTORE)
