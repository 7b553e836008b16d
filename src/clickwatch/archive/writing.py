"""Pieces into the files of one commit: encoded, written and synced a few at a time."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from clickwatch.archive.actions import Action, add
from clickwatch.archive.encoding import encode, statistics
from clickwatch.archive.layout import Part
from clickwatch.archive.splitting import Piece
from clickwatch.files.durable import PRIVATE_FOLDER, make_folder, sync_folder, unique_name, write_new
from clickwatch.files.refusals import storage_errors

_SYNCING_THREADS = 4
"""Files on their way to the disk while the next is encoded; also the most that are open at once."""


class DataFiles:
    """The Parquet files of one commit to be: durable one by one, and removed again if it does not come to pass."""

    def __init__(self, root: Path, version: int, on_step: Callable[[str], None], *, compacting: bool) -> None:
        self._root = root
        self._on_step = on_step
        # The version in the name tells what a crash left behind from what was once part of the table.
        self._prefix = f"part-{version:020}-{unique_name()}"
        self._compacting = compacting
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

    def _start(self, threads: ThreadPoolExecutor, piece: Piece) -> Future[Action]:
        with storage_errors("make a folder in", self._root):
            folder = self._root.joinpath(*piece.part.folders)
            make_folder(folder, PRIVATE_FOLDER)
        path = folder / f"{self._prefix}-{len(self._begun):05}.parquet"
        self._begun.append(path)
        stats = statistics(piece.rows)
        return threads.submit(self._keep, path, piece.part, encode(piece.rows, dense=self._compacting), stats)

    def _keep(self, path: Path, part: Part, data: pa.Buffer, stats: dict[str, Any]) -> Action:
        with storage_errors("write", path):
            modified = write_new(path, memoryview(data))
            self._on_step("file written")
            sync_folder(path.parent)
        self._on_step("file kept")
        relative = path.relative_to(self._root).as_posix()
        return add(relative, part.values, data.size, modified, stats, data_change=not self._compacting)

    def discard(self) -> None:
        """Remove what was written; what cannot be removed now is left to `tidy`."""
        for path in self._begun:
            with suppress(OSError):
                path.unlink(missing_ok=True)
