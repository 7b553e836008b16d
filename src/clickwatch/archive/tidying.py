"""What is in the archive's folder and no part of the table: found by name, removed under the lease."""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clickwatch.archive.deltalog import LOG_FOLDER
from clickwatch.archive.snapshot import Snapshot
from clickwatch.files.refusals import storage_errors

_OURS = re.compile(r"part-(\d{20})-[0-9a-f]{16}-\d{5}\.parquet")


@dataclass(frozen=True)
class Leftovers:
    """`orphans` were written for a version that never came, `retired` were replaced by a compaction."""

    orphans: list[Path]
    retired: list[Path]
    scraps: list[Path]


def find_leftovers(root: Path, snapshot: Snapshot, retired_before: float) -> Leftovers:
    """Files and folders of dead writers; replaced files only where last touched before a time (s, Unix epoch)."""
    referenced = {f"{root}/{path}" for path in snapshot.entries["path"].to_pylist()}
    orphans: list[Path] = []
    retired: list[Path] = []
    with storage_errors("look through", root):
        for entry in _data_files(root):
            match = _OURS.fullmatch(entry.name)
            if match is None or entry.path in referenced:
                continue
            if int(match[1]) > snapshot.version:
                orphans.append(Path(entry.path))
            elif entry.stat().st_mtime < retired_before:
                retired.append(Path(entry.path))
        scraps = [*root.glob("_checkpoint_*"), *(root / LOG_FOLDER).glob("_commit_*.json.tmp")]
    return Leftovers(orphans, retired, scraps)


def _data_files(root: Path) -> Iterator[os.DirEntry[str]]:
    for day in root.glob("event_date=*"):
        with os.scandir(day) as parts:
            for part in parts:
                with os.scandir(part) as files:
                    yield from files


def remove_leftovers(leftovers: Leftovers) -> int:
    """Remove them; how many files and folders went."""
    everything = [*leftovers.orphans, *leftovers.retired, *leftovers.scraps]
    for path in everything:
        with storage_errors("remove", path):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    return len(everything)
