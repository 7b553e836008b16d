"""One more version of the table: written beside everybody else, and named when it is this writer's turn.

Files are written without waiting for anybody. Then, in turn, the table is read up to its newest version, what the
commit takes for granted is looked at again, and the commit gets the next version's name.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from deltalake import DeltaTable

from clickwatch.archive.actions import APP_ID, Action
from clickwatch.archive.checkpoint import CHECKPOINT_INTERVAL, forget_old_log, write_checkpoint
from clickwatch.archive.deltalog import StagedCommit, versions
from clickwatch.archive.snapshot import Snapshot
from clickwatch.archive.splitting import Piece
from clickwatch.archive.writing import DataFiles, Writing
from clickwatch.domain.window import SECOND

Turn = Callable[[], AbstractContextManager[object]]
"""Gives a writer its turn: while it lasts, no other writer commits."""
Check = Callable[[Snapshot], None]
"""Raises if the newest version is none that a commit can follow."""


class Committer:
    """Commits to the table in one folder."""

    def __init__(
        self, root: Path, table: DeltaTable, turn: Turn, now: Callable[[], int], on_step: Callable[[str], None]
    ) -> None:
        """`now` gives µs since the Unix epoch, UTC; `on_step` is called by name between durable steps."""
        self._root = root
        self._table = table
        self._turn = turn
        self._now = now
        self._on_step = on_step
        self._checkpoint = max(versions(root)[1], default=0)

    def snapshot(self) -> Snapshot:
        """The newest version."""
        self._table.update_incremental()
        return Snapshot(self._root, self._table)

    def last_epoch(self) -> int:
        """The newest epoch in the version that was read last; 0 for none."""
        return self._table.transaction_version(APP_ID) or 0

    def commit(self, kind: str, head: Sequence[Action], pieces: Iterator[Piece], check: Check, *, dense: bool) -> None:
        """One more version: `head` and a file for each piece. Nothing is changed if it raises before the end."""
        writing = Writing(kind, self._table.version() + 1, self._now() // 1000, dense)
        files = DataFiles(self._root, writing, self._on_step)
        with ExitStack() as unfinished:
            unfinished.callback(files.discard)
            added = files.write(pieces)
            with self._turn():
                newest = self.snapshot()
                check(newest)
                files.check()
                staged = StagedCommit(self._root, newest.version + 1, [*head, *added])
                self._on_step("commit staged")
                staged.publish()
                unfinished.pop_all()
                self._on_step("commit published")
                staged.settle()
                self._on_step("commit settled")

    def shorten_log(self) -> None:
        """Make a checkpoint when one is due, and remove what it makes needless."""
        if self._table.version() + 1 - self._checkpoint < CHECKPOINT_INTERVAL:
            return
        with self._turn():
            version = self.snapshot().version
            write_checkpoint(self._root, version, self._on_step)
            self._checkpoint = version
            forget_old_log(self._root, self._now() / SECOND)
