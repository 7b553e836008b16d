"""`DeltaArchive`: the archive's one door, for its writers and for its readers."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import date
from pathlib import Path

import pyarrow as pa

from clickwatch.archive.actions import Action, commit_info, remove, transaction
from clickwatch.archive.committing import Committer, Turn
from clickwatch.archive.compaction import TARGET_ROWS, merged, plan, retire
from clickwatch.archive.encoding import as_archived
from clickwatch.archive.expiry import Expired, expired
from clickwatch.archive.naming import APPENDED, COMPACTED
from clickwatch.archive.opening import damage, opened, prepare
from clickwatch.archive.snapshot import DataFile, Snapshot
from clickwatch.archive.splitting import split
from clickwatch.archive.tidying import find_leftovers, remove_leftovers
from clickwatch.domain.window import DAY, SECOND
from clickwatch.errors import SecondPipeline
from clickwatch.files.refusals import storage_errors


def _system_clock() -> int:
    return time.time_ns() // 1000


def _unwatched(step: str) -> None:
    """Nobody looks on."""


class DeltaArchive:
    """The Delta table of accepted events in one folder.

    One process appends, one other at a time may compact and expire; each commits in turn.
    """

    def __init__(self, root: Path, turn: Turn, now: Callable[[], int], on_step: Callable[[str], None]) -> None:
        self._root = root
        self._now = now
        self._committer = Committer(root, opened(root), turn, now, on_step)
        self._last_epoch = self._committer.last_epoch()

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        create: bool,
        turn: Turn = nullcontext,
        now: Callable[[], int] = _system_clock,
        on_step: Callable[[str], None] = _unwatched,
    ) -> "DeltaArchive":
        """The archive in `folder`, checked; made if there is none and `create` says so.

        `turn` gives this writer its turn among several; `now` gives µs since the Unix epoch, UTC; `on_step` is called
        by name between the durable steps of a commit, on whatever thread takes them. Raises ArchiveError if the
        archive is damaged, missing or not ours, StorageError if the folder cannot be read or written. The work does
        not grow with the history.
        """
        prepare(folder, create, now)
        return cls(folder, turn, now, on_step)

    def last_epoch(self) -> int:
        """The newest epoch that is archived, as far as this object has seen; 0 when there is none."""
        return self._last_epoch

    def refresh(self) -> int:
        """Look at the newest version; the newest epoch that is archived there."""
        self._last_epoch = self.snapshot().last_epoch
        return self._last_epoch

    def append(self, events: pa.Table, last_epoch: int) -> None:
        """Archive the events of several epochs, up to and with `last_epoch`, in one durable commit.

        `events` has ARCHIVE_COLUMNS, where strings may be dictionary-encoded, epoch after epoch; no rows at all
        are fine. Raises ValueError if that epoch is archived already or a column is not as it must be,
        SecondPipeline if someone else archived, StorageError if the disk refuses: then stop; `last_epoch` after the
        next opening says whether it is archived, and nothing is in part.
        """
        if last_epoch <= self._last_epoch:
            raise ValueError(f"epoch {last_epoch} is archived already: the newest is {self._last_epoch}")
        events = as_archived(events)
        head = [commit_info("WRITE", self._now(), mode="Append"), transaction(last_epoch, self._now())]
        with damage(self._root):
            self._committer.commit(APPENDED, head, split(self._root, events), self._is_next, dense=False)
            self._last_epoch = last_epoch
            self._committer.shorten_log()

    def compact(self, day: date, target: int = TARGET_ROWS) -> int:
        """Put the files of a past UTC day together, up to `target` rows each, in one commit; how many files went.

        Rows and the last epoch stay as they are. The old files stay on disk for readers until `tidy`.
        Raises as `append` does, SecondPipeline if someone else took files away meanwhile, and ArchiveError if a
        file is damaged.
        """
        bundles = plan(self.snapshot(), day, target)
        if not bundles:
            return 0
        gone = [file for bundle in bundles for file in bundle.files]
        with damage(self._root):
            # Before the commit: whoever dies after it has left the time from which readers get their grace.
            retire(self._root, gone, self._now() / SECOND)
            head = [commit_info("OPTIMIZE", self._now(), targetRows=target), *self._removals(gone, data_change=False)]
            self._committer.commit(COMPACTED, head, merged(self._root, bundles), _still_has(gone), dense=True)
            self._committer.shorten_log()
        return len(gone)

    def expire(self, keep: int, *, dry_run: bool = False) -> Expired:
        """Remove the files whose rows may be kept no longer than `keep` µs, from the table and then from the disk.

        See `domain.retention`; a day counts as a whole. `dry_run` only says what would go. Raises as `compact` does.
        """
        gone = expired(self.snapshot().data_files(), self._now(), keep)
        if gone and not dry_run:
            head = [commit_info("DELETE", self._now(), keep=keep), *self._removals(gone, data_change=True)]
            with damage(self._root):
                self._committer.commit(COMPACTED, head, iter(()), _still_has(gone), dense=True)
                self._committer.shorten_log()
            self._unlink(gone)
        return Expired.of(gone)

    def tidy(self, grace: int = DAY, *, orphans: bool = True) -> int:
        """Remove what is no part of the table: how many files.

        What a dead appender left goes at once (only where `orphans`: for the appender itself, at its start), what a
        compaction replaced or left unfinished `grace` µs later: so long may a reader go on with the version that it
        began with.
        """
        left = find_leftovers(self._root, self.snapshot(), (self._now() - grace) / SECOND)
        return remove_leftovers(left if orphans else left.without_orphans())

    def snapshot(self) -> Snapshot:
        """The current version, for readers."""
        with damage(self._root):
            return self._committer.snapshot()

    def ids_after(self, thresholds: Mapping[int, int | None]) -> pa.Table:
        """What de-duplication needs after a restart: columns `IDS_COLUMNS`, in no promised order.

        The archived rows of the given partitions that have an id and an event time above the partition's
        threshold (µs since the Unix epoch, UTC; None: all its rows).
        """
        with damage(self._root):
            return self.snapshot().ids_after(thresholds)

    def files(self, day: date | None = None) -> list[Path]:
        """The Parquet files of the current version, of one UTC day or of all."""
        return self.snapshot().files(day)

    def to_arrow(self, day: date | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """The archived rows, of one UTC day or of all, with ARCHIVE_COLUMNS or some, in no promised order."""
        with damage(self._root):
            return self.snapshot().to_arrow(day, columns)

    def _is_next(self, newest: Snapshot) -> None:
        if newest.last_epoch != self._last_epoch:
            problem = f"another process has written to the archive: it has epoch {newest.last_epoch}"
            raise SecondPipeline(problem, "Stop the other pipeline, then start this one again")

    def _removals(self, files: list[DataFile], *, data_change: bool) -> list[Action]:
        now = self._now()
        return [remove(file.path, file.part.values, file.size, now, data_change=data_change) for file in files]

    def _unlink(self, files: list[DataFile]) -> None:
        for file in files:
            path = self._root / file.path
            with storage_errors("remove", path):
                path.unlink(missing_ok=True)


def _still_has(files: list[DataFile]) -> Callable[[Snapshot], None]:
    def check(newest: Snapshot) -> None:
        there = {file.path for file in newest.data_files()}
        if not all(file.path in there for file in files):
            raise SecondPipeline("another process has removed files of the archive meanwhile", "Start again")

    return check
