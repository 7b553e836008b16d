"""The names of data files, which say what they are for, whose they are, and what their bytes add up to.

`appended-<version>-<unique>-<number>-<crc>.parquet`: the version that its commit aimed at tells what a crash left
behind, and the CRC-32 of all its bytes (8 hex digits) tells damage without trusting anything inside.
"""

import re
from dataclasses import dataclass

APPENDED, COMPACTED = "appended", "compacted"
_NAME = re.compile(r"(?P<kind>appended|compacted)-(?P<version>\d{20})-[0-9a-f]{16}-\d{5}-(?P<crc>[0-9a-f]{8})\.parquet")


@dataclass(frozen=True)
class FileName:
    """What a data file's name says."""

    kind: str
    version: int
    crc: int


def file_name(kind: str, version: int, unique: str, number: int, crc: int) -> str:
    """The name of file `number` of one commit; `unique` is 16 hex digits."""
    return f"{kind}-{version:020}-{unique}-{number:05}-{crc:08x}.parquet"


def parse(name: str) -> FileName | None:
    """What a name says; None for a file that is none of ours."""
    match = _NAME.fullmatch(name)
    return FileName(match["kind"], int(match["version"]), int(match["crc"], 16)) if match else None
