"""Syncs of one partition's files: the first that fails is the last."""

import os
from pathlib import Path

from clickwatch.errors import StorageError
from clickwatch.files.durable import sync_folder


class SyncGuard:
    """Syncs files until a sync fails, and refuses to go on after that.

    Once a sync has failed the kernel may have dropped the bytes, and a second sync would report success.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._failed = False

    def check(self) -> None:
        """Raises StorageError if a sync has failed before."""
        if self._failed:
            problem = f"Nothing more is written to {self._folder}: a sync to disk has failed"
            raise StorageError(problem, "Check the disk (the kernel's messages say more), then start again")

    def sync(self, fd: int) -> None:
        """Make a file's content durable. Raises OSError, once."""
        self.check()
        try:
            os.fsync(fd)
        except OSError:
            self._failed = True
            raise

    def sync_folder(self) -> None:
        """Make the names in the folder durable. Raises OSError, once."""
        self.check()
        try:
            sync_folder(self._folder)
        except OSError:
            self._failed = True
            raise
