"""The table's log: one JSON file per version, put in place whole and durable, or not at all.

The file format is that of the Delta protocol (https://github.com/delta-io/delta/blob/master/PROTOCOL.md).
delta-rs never syncs and tries again when a version is taken; here the text is synced before its name exists,
and a name that is taken is an error.
"""

import itertools
import json
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from clickwatch.archive.actions import Action
from clickwatch.errors import ArchiveError, SecondPipeline, StorageError
from clickwatch.files.durable import sync_folder, unique_name, write_new
from clickwatch.files.refusals import storage_errors

LOG_FOLDER = "_delta_log"
CHECKED_COMMITS = 20
"""How many of the newest commits are read on opening, with the sizes of their files."""

_COMMIT = re.compile(r"(\d{20})\.json")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint(\..+)?\.parquet")
CURE = (
    "Restore it from a backup, or move the archive and the store away and run `clickwatch stream`: "
    "both are built again from the log's start"
)


def commit_path(root: Path, version: int) -> Path:
    """The file of one version."""
    return root / LOG_FOLDER / f"{version:020}.json"


def versions(root: Path) -> tuple[list[int], list[int]]:
    """The versions that have a commit, and those that have a checkpoint, both ascending."""
    with storage_errors("list", root / LOG_FOLDER):
        names = os.listdir(root / LOG_FOLDER)  # noqa: PTH208 - ten times faster over thousands of names
    commits = sorted(int(match[1]) for name in names if (match := _COMMIT.fullmatch(name)))
    checkpoints = sorted({int(match[1]) for name in names if (match := _CHECKPOINT.fullmatch(name))})
    return commits, checkpoints


class StagedCommit:
    """A commit's text, durable under a name that no reader looks at."""

    def __init__(self, root: Path, version: int, actions: Iterable[Action]) -> None:
        self._final = commit_path(root, version)
        self._staged = self._final.with_name(f"_commit_{unique_name()}.json.tmp")
        text = "".join(json.dumps(action, separators=(",", ":")) + "\n" for action in actions)
        try:
            with storage_errors("write", self._staged):
                write_new(self._staged, text.encode())
        except StorageError:
            self._discard()
            raise

    def publish(self) -> None:
        """Give the commit its version's name; raises SecondPipeline if that version is taken."""
        try:
            with storage_errors("write", self._final):
                self._link()
        except (StorageError, SecondPipeline):
            self._discard()
            raise

    def _link(self) -> None:
        try:
            os.link(self._staged, self._final)
        except FileExistsError as error:
            problem = f"another process has written to the archive: {self._final} is taken"
            raise SecondPipeline(problem, "Stop the other pipeline, then start this one again") from error

    def settle(self) -> None:
        """Make the new name durable; only now is the commit kept."""
        with storage_errors("sync", self._final.parent):
            sync_folder(self._final.parent)
            self._staged.unlink()

    def _discard(self) -> None:
        # What cannot be removed now is left to `tidy`.
        with suppress(OSError):
            self._staged.unlink(missing_ok=True)


def check(root: Path) -> int:
    """The newest version, after a look at everything that a power loss or a careless hand can damage.

    Bounded: names of the log, text of the newest CHECKED_COMMITS commits, sizes of the files they added.
    Raises ArchiveError with the file and the cure.
    """
    commits, checkpoints = versions(root)
    if not commits:
        raise ArchiveError(f"the archive {root} has no commits in its log", CURE)
    for version, following in itertools.pairwise(commits):
        if following != version + 1:
            raise ArchiveError(f"the archive's log lacks {commit_path(root, version + 1)}", CURE)
    if commits[0] > 0 and not any(commits[0] - 1 <= version <= commits[-1] for version in checkpoints):
        raise ArchiveError(f"the archive's log begins at {commit_path(root, commits[0])} without a checkpoint", CURE)
    removed: set[str] = set()
    for version in reversed(commits[-CHECKED_COMMITS:]):
        _check_commit(root, version, removed)
    return commits[-1]


def _check_commit(root: Path, version: int, removed: set[str]) -> None:
    """`removed` holds the files that later commits took away, and takes those of this one."""
    actions = read_commit(root, version)
    removed.update(action["remove"]["path"] for action in actions if "remove" in action)
    for action in actions:
        add = action.get("add")
        if add is None or add["path"] in removed:
            continue
        path = root / add["path"]
        with storage_errors("look at", path):
            size = path.stat().st_size if path.exists() else None
        if size != add["size"]:
            state = "is missing" if size is None else f"has {size} bytes instead of {add['size']}"
            raise ArchiveError(f"the archive's file {path} {state}", CURE)


def read_commit(root: Path, version: int) -> list[Action]:
    """The actions of one commit; raises ArchiveError if its text is empty or damaged."""
    path = commit_path(root, version)
    with storage_errors("read", path):
        text = path.read_bytes()
    try:
        actions = [json.loads(line) for line in text.splitlines()]
    except ValueError as error:
        raise ArchiveError(f"the archive's commit {path} is damaged", CURE) from error
    if not actions or not all(isinstance(action, dict) for action in actions) or not text.endswith(b"\n"):
        raise ArchiveError(f"the archive's commit {path} is {'damaged' if text else 'empty'}", CURE)
    return actions
