"""Checkpoints: the table's state in one file, so that opening stays fast, and the end of old log entries."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from deltalake import DeltaTable

from clickwatch.archive.deltalog import LOG_FOLDER, commit_path, versions
from clickwatch.files.durable import PRIVATE_FILE, PRIVATE_FOLDER, sync_file, sync_folder, unique_name
from clickwatch.files.refusals import storage_errors

CHECKPOINT_INTERVAL = 50
"""Commits from one checkpoint to the next."""

KEEP_LOG = 7 * 86_400
"""Seconds that a commit stays in the log after a checkpoint holds what it says."""

_HINT = "_last_checkpoint"


def write_checkpoint(root: Path, version: int, on_step: Callable[[str], None]) -> None:
    """Make a checkpoint of `version`, which delta-rs writes beside the table, and put it in place once durable.

    In place at once, a power loss could leave an empty checkpoint that readers trust more than the commits.
    """
    workshop = root / f"_checkpoint_{unique_name()}"
    with storage_errors("write a checkpoint in", root):
        try:
            _link_log(root, workshop, version)
            DeltaTable(str(workshop)).create_checkpoint()
            on_step("checkpoint made")
            _put_in_place(workshop / LOG_FOLDER, root / LOG_FOLDER, version, on_step)
        finally:
            shutil.rmtree(workshop, ignore_errors=True)


def _link_log(root: Path, workshop: Path, version: int) -> None:
    checkpoints = [v for v in versions(root)[1] if v <= version]
    newest = checkpoints[-1] if checkpoints else -1
    (workshop / LOG_FOLDER).mkdir(mode=PRIVATE_FOLDER, parents=True)
    sources = [commit_path(root, v) for v in range(newest + 1, version + 1)]
    sources += (root / LOG_FOLDER).glob(f"{newest:020}.checkpoint*.parquet")
    for source in sources:
        os.link(source, workshop / LOG_FOLDER / source.name)


def _put_in_place(made: Path, log: Path, version: int, on_step: Callable[[str], None]) -> None:
    checkpoint = made / f"{version:020}.checkpoint.parquet"
    for path in (checkpoint, made / _HINT):
        path.chmod(PRIVATE_FILE)
        sync_file(path)
    os.link(checkpoint, log / checkpoint.name)
    sync_folder(log)
    on_step("checkpoint linked")
    (made / _HINT).replace(log / _HINT)
    sync_folder(log)
    on_step("checkpoint named")


def forget_old_log(root: Path, now: float) -> None:
    """Remove commits and checkpoints that two newer checkpoints make needless, KEEP_LOG seconds after their writing.

    `now` in seconds since the Unix epoch, UTC.
    """
    commits, checkpoints = versions(root)
    if len(checkpoints) < 2:
        return
    needed = checkpoints[-2]
    log = root / LOG_FOLDER
    with storage_errors("clean up", log):
        _remove_old([commit_path(root, version) for version in commits if version < needed], now)
        _remove_old([log / f"{version:020}.checkpoint.parquet" for version in checkpoints if version < needed], now)


def _remove_old(oldest_first: list[Path], now: float) -> None:
    # No further than the first that stays: what is left has no gap.
    for path in oldest_first:
        if path.exists() and path.stat().st_mtime > now - KEEP_LOG:
            break
        path.unlink(missing_ok=True)
