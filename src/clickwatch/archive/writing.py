"""Pieces into the files of one commit: encoded, written and synced a few at a time."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from clickwatch.archive.actions import Action, add
from clickwatch.archive.encoding import encode, statistics
from clickwatch.archive.naming import file_name
from clickwatch.archive.splitting import Piece
from clickwatch.errors import ArchiveError
from clickwatch.files.checksum import crc32
from clickwatch.files.durable import PRIVATE_FOLDER, make_folder, sync_folder, unique_name, write_new
from clickwatch.files.refusals import storage_errors

_SYNCING_THREADS = 4
"""Files on their way to the disk while the next is encoded; also the most that are open at once."""


@dataclass(frozen=True)
class Writing:
    """What a commit writes for: `kind` is the first word of its files' names, `version` the one that it aims at.

    `now`: when (ms since the Unix epoch, UTC), which is the intake of rows that were not there before.
    """

    kind: str
    version: int
    now: int
    dense: bool

    @property
    def changes_data(self) -> bool:
        """Whether rows come that were not there before; a compaction only puts rows elsewhere."""
        return not self.dense


class DataFiles:
    """The Parquet files of one commit to be: durable one by one, and removed again if it does not come to pass."""

    def __init__(self, root: Path, writing: Writing, on_step: Callable[[str], None]) -> None:
        self._root = root
        self._writing = writing
        self._on_step = on_step
        self._unique = unique_name()
        self._begun: list[Path] = []

    def write(self, pieces: Iterator[Piece]) -> list[Action]:
        """Write each piece as one file; the `add` actions, in order, of files that are on disk."""
        actions: list[Action] = []
        waiting: deque[Future[Action]] = deque()
        with ThreadPoolExecutor(_SYNCING_THREADS) as threads:
            for piece in pieces:
                if len(waiting) == _SYNCING_THREADS:
                    actions.append(waiting.popleft().result())
                waiting.append(self._start(threads, piece))
            actions.extend(future.result() for future in waiting)
        return actions

    def check(self) -> None:
        """Raise ArchiveError unless all files are still there: nobody may have tidied them away."""
        for path in self._begun:
            if not path.exists():
                raise ArchiveError(f"the file {path} was removed before it was committed", "Start again")

    def _start(self, threads: ThreadPoolExecutor, piece: Piece) -> Future[Action]:
        folder = self._root.joinpath(*piece.part.folders)
        with storage_errors("make a folder in", self._root):
            make_folder(folder, PRIVATE_FOLDER)
        data = encode(piece.rows, dense=self._writing.dense)
        number = len(self._begun)
        name = file_name(self._writing.kind, self._writing.version, self._unique, number, crc32(memoryview(data)))
        self._begun.append(folder / name)
        return threads.submit(self._keep, folder / name, piece, data, statistics(piece.rows))

    def _keep(self, path: Path, piece: Piece, data: pa.Buffer, stats: dict[str, Any]) -> Action:
        with storage_errors("write", path):
            write_new(path, memoryview(data))
            self._on_step("file written")
            sync_folder(path.parent)
        self._on_step("file kept")
        return add(
            path.relative_to(self._root).as_posix(),
            piece.part.values,
            data.size,
            piece.intake or self._writing.now,
            stats,
            data_change=self._writing.changes_data,
        )

    def discard(self) -> None:
        """Remove what was written; what cannot be removed now is left to `tidy`."""
        for path in self._begun:
            with suppress(OSError):
                path.unlink(missing_ok=True)
