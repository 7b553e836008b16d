"""`DeltaArchive`: the archive's one door, for its writer and for its readers."""

import errno
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from clickwatch.archive.actions import APP_ID, Action, commit_info, new_table, schema_json, transaction
from clickwatch.archive.checkpoint import CHECKPOINT_INTERVAL, forget_old_log, write_checkpoint
from clickwatch.archive.compaction import TARGET_BYTES, merged, plan, removals, retire
from clickwatch.archive.deltalog import CURE, LOG_FOLDER, StagedCommit, check, versions
from clickwatch.archive.encoding import as_archived
from clickwatch.archive.snapshot import Snapshot
from clickwatch.archive.splitting import Piece, split
from clickwatch.archive.tidying import find_leftovers, remove_leftovers
from clickwatch.archive.writing import DataFiles
from clickwatch.domain.window import DAY, SECOND
from clickwatch.errors import ArchiveError
from clickwatch.files.durable import PRIVATE_FOLDER, make_folder, sync_folder
from clickwatch.files.refusals import storage_errors

_UPGRADE = f"Use the version of clickwatch that made it. {CURE}"


def _system_clock() -> int:
    return time.time_ns() // 1000


def _unwatched(step: str) -> None:
    """Nobody looks on."""


class DeltaArchive:
    """The Delta table of accepted events in one folder. One writer at a time: the caller holds the lease."""

    def __init__(self, root: Path, now: Callable[[], int], on_step: Callable[[str], None]) -> None:
        self._root = root
        self._now = now
        self._on_step = on_step
        self._table = _load(root)
        self._version = self._table.version()
        self._last_epoch = self._table.transaction_version(APP_ID) or 0
        self._checkpoint = max(versions(root)[1], default=0)

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        create: bool,
        now: Callable[[], int] = _system_clock,
        on_step: Callable[[str], None] = _unwatched,
    ) -> "DeltaArchive":
        """The archive in `folder`, checked; made if there is none and `create` says so.

        `now` gives µs since the Unix epoch, UTC; `on_step` is called by name between the durable steps of a
        commit, on whatever thread takes them. Raises ArchiveError if the archive is damaged, missing or not
        ours, StorageError if the folder cannot be read or written. The work does not grow with the history.
        """
        if not _has_commits(folder):
            if not create:
                raise ArchiveError(
                    f"there is no archive at {folder}", f"If nothing was streamed yet, stream; else: {CURE}"
                )
            _create(folder, now())
        check(folder)
        with storage_errors("sync", folder):
            # A commit that a crash cut off before this point is seen now, so it must stay.
            sync_folder(folder / LOG_FOLDER)
        return cls(folder, now, on_step)

    def last_epoch(self) -> int:
        """The newest epoch that is archived; 0 when there is none."""
        return self._last_epoch

    def append(self, events: pa.Table, last_epoch: int) -> None:
        """Archive the events of several epochs, up to and with `last_epoch`, in one durable commit.

        `events` has ARCHIVE_COLUMNS, where strings may be dictionary-encoded, epoch after epoch; no rows at all
        are fine. Raises ValueError if that epoch is archived already or a column is not as it must be,
        SecondPipeline if someone else wrote, StorageError if the disk refuses: then stop; `last_epoch` after the
        next opening says whether it is archived, and nothing is in part.
        """
        if last_epoch <= self._last_epoch:
            raise ValueError(f"epoch {last_epoch} is archived already: the newest is {self._last_epoch}")
        events = as_archived(events)
        head = [commit_info("WRITE", self._now(), mode="Append"), transaction(last_epoch, self._now())]
        self._commit(head, split(self._root, events), compacting=False)
        self._last_epoch = last_epoch
        self._shorten_log()

    def compact(self, day: date, target: int = TARGET_BYTES) -> int:
        """Put the files of a past UTC day together, up to `target` bytes each, in one commit; how many files went.

        Rows and the last epoch stay as they are. The old files stay on disk for readers until `tidy`.
        Raises as `append` does, and ArchiveError if a file cannot be read.
        """
        bundles = plan(self.snapshot(), day, target)
        if not bundles:
            return 0
        now = self._now()
        head = [commit_info("OPTIMIZE", now, targetSize=target), *removals(bundles, now)]
        with _damage(self._root):
            # Before the commit: whoever dies after it has left the time from which readers get their grace.
            retire(self._root, bundles, now / SECOND)
            self._commit(head, merged(self._root, bundles), compacting=True)
        self._shorten_log()
        return sum(len(bundle.files) for bundle in bundles)

    def tidy(self, grace: int = DAY) -> int:
        """Remove what is no part of the table, under the lease: how many files.

        What a dead writer left goes at once, what a compaction replaced `grace` µs later: so long may a reader
        go on with the version that it began with.
        """
        left = find_leftovers(self._root, self.snapshot(), (self._now() - grace) / SECOND)
        if left.orphans:
            # Their writer may only have lost its lease: taking the version makes sure that it cannot commit them.
            self._commit([commit_info("FENCE", self._now())], iter(()), compacting=False)
        return remove_leftovers(left)

    def snapshot(self) -> Snapshot:
        """The current version, for readers."""
        with _damage(self._root):
            self._table.update_incremental()
            return Snapshot(self._root, self._table)

    def ids_after(self, thresholds: Mapping[int, int | None]) -> pa.Table:
        """What de-duplication needs after a restart: columns `IDS_COLUMNS`, in no promised order.

        The archived rows of the given partitions that have an id and an event time above the partition's
        threshold (µs since the Unix epoch, UTC; None: all its rows).
        """
        with _damage(self._root):
            return self.snapshot().ids_after(thresholds)

    def files(self, day: date | None = None) -> list[Path]:
        """The Parquet files of the current version, of one UTC day or of all."""
        return self.snapshot().files(day)

    def to_arrow(self, day: date | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """The archived rows, of one UTC day or of all, with ARCHIVE_COLUMNS or some, in no promised order."""
        with _damage(self._root):
            return self.snapshot().to_arrow(day, columns)

    def _commit(self, head: Sequence[Action], pieces: Iterator[Piece], *, compacting: bool) -> None:
        """One more version: `head` and a file for each piece. Nothing is changed if it raises before the end."""
        version = self._version + 1
        files = DataFiles(self._root, version, self._on_step, compacting=compacting)
        try:
            commit = StagedCommit(self._root, version, [*head, *files.write(pieces)])
            self._on_step("commit staged")
            commit.publish()
        except Exception:
            files.discard()
            raise
        self._on_step("commit published")
        commit.settle()
        self._on_step("commit settled")
        self._version = version

    def _shorten_log(self) -> None:
        if self._version - self._checkpoint >= CHECKPOINT_INTERVAL:
            with _damage(self._root):
                write_checkpoint(self._root, self._version, self._on_step)
            self._checkpoint = self._version
            forget_old_log(self._root, self._now() / SECOND)


def _has_commits(folder: Path) -> bool:
    with storage_errors("look into", folder):
        if folder.exists() and not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
        return (folder / LOG_FOLDER).is_dir() and bool(versions(folder)[0])


def _create(folder: Path, now: int) -> None:
    with storage_errors("make the archive in", folder):
        make_folder(folder, PRIVATE_FOLDER)
        strangers = [entry.name for entry in folder.iterdir() if entry.name != LOG_FOLDER]
        if strangers:
            raise ArchiveError(f"{folder} is no archive, but holds {strangers[0]}", CURE)
        make_folder(folder / LOG_FOLDER, PRIVATE_FOLDER)
    commit = StagedCommit(folder, 0, new_table(now))
    commit.publish()
    commit.settle()


def _load(root: Path) -> DeltaTable:
    with _damage(root):
        table = DeltaTable(str(root))
        if table.schema().to_json() != schema_json():
            raise ArchiveError(f"the archive {root} has other columns than this version writes", _UPGRADE)
    return table


@contextmanager
def _damage(root: Path) -> Iterator[None]:
    """What the libraries say about unreadable bytes becomes an ArchiveError."""
    try:
        with storage_errors("read", root):
            yield
    except (DeltaError, pa.ArrowException) as error:
        detail = str(error).splitlines()[0]
        raise ArchiveError(f"the archive {root} is damaged: {detail}", CURE) from error
