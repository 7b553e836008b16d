"""What is in the archive's folder and no part of the table: found by name, removed under the lease."""

import math
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from clickwatch.archive.deltalog import LOG_FOLDER
from clickwatch.archive.naming import APPENDED, parse
from clickwatch.archive.snapshot import Snapshot
from clickwatch.files.refusals import storage_errors


@dataclass(frozen=True)
class Leftovers:
    """`orphans` were written for a version that never came; `old` belong to no version and are past their grace."""

    orphans: list[Path]
    old: list[Path]
    scraps: list[Path]

    def without_orphans(self) -> "Leftovers":
        """The same for others than the appender, whose files these may be at this moment."""
        return Leftovers([], self.old, self.scraps)


def find_leftovers(root: Path, snapshot: Snapshot, old_before: float) -> Leftovers:
    """Files and folders of dead writers; what may be in use only where last touched before a time (s, Unix epoch)."""
    referenced = {f"{root}/{path}" for path in snapshot.entries["path"].to_pylist()}
    orphans: list[Path] = []
    old: list[Path] = []
    with storage_errors("look through", root):
        for entry in _data_files(root):
            name = parse(entry.name)
            if name is None or entry.path in referenced:
                continue
            # Only the pipeline appends, and it tidies at its start: what was to be appended has no writer any more.
            if name.kind == APPENDED and name.version > snapshot.version:
                orphans.append(Path(entry.path))
            elif _last_touched(Path(entry.path)) < old_before:
                old.append(Path(entry.path))
        scraps = [*root.glob("_checkpoint_*"), *(root / LOG_FOLDER).glob("_commit_*.json.tmp")]
        return Leftovers(orphans, old, [path for path in scraps if _last_touched(path) < old_before])


def _last_touched(path: Path) -> float:
    """In s, Unix epoch; never, if another process has removed it meanwhile."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return math.inf


def _data_files(root: Path) -> Iterator[os.DirEntry[str]]:
    for day in root.glob("event_date=*"):
        with os.scandir(day) as parts:
            for part in parts:
                with os.scandir(part) as files:
                    yield from files


def remove_leftovers(leftovers: Leftovers) -> int:
    """Remove them; how many files and folders went. Another process that tidies too may be faster."""
    everything = [*leftovers.orphans, *leftovers.old, *leftovers.scraps]
    return sum(_remove(path) for path in everything)


def _remove(path: Path) -> bool:
    with storage_errors("remove", path), suppress(FileNotFoundError):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
        return True
    return False
