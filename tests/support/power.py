"""What would be on the disk if the power failed now: the real files, and what of them has been synced."""

import os
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest


class SyncedFiles:
    """Watches every write and sync below a folder; elsewhere, writes go through and syncs are spared.

    `at_every_step` is called before and after each of them, and may write and sync itself.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, at_every_step: Callable[[], None]) -> None:
        self._folder = folder
        self._at_every_step = at_every_step
        self._within = False
        self._contents: dict[int, bytes] = {}
        self._names: dict[Path, int] = {}
        for name in ("pwrite", "ftruncate", "fsync"):
            monkeypatch.setattr(os, name, self._watched(getattr(os, name), is_sync=name == "fsync"))

    def images(self) -> Iterator[dict[Path, bytes | None]]:
        """Every mixture of what a disk may keep: names, records and index each as synced, or as last written.

        An image maps relative paths, parents first, to contents; None is a folder.
        """
        current = {path: path.stat().st_ino for path in self._folder.rglob("*")}
        for names, records_synced, index_synced in product((self._names, current), (True, False), (True, False)):
            reachable = {path: inode for path, inode in names.items() if self._is_reachable(path, names)}
            image: dict[Path, bytes | None] = {}
            for path, inode in sorted(reachable.items()):
                synced = index_synced if path.suffix == ".index" else records_synced
                image[path.relative_to(self._folder)] = self._content(path, inode, synced)
            yield image

    def _is_reachable(self, path: Path, names: dict[Path, int]) -> bool:
        return path.parent == self._folder or (path.parent in names and self._is_reachable(path.parent, names))

    def _content(self, path: Path, inode: int, synced: bool) -> bytes | None:
        if path.is_dir():
            return None
        return self._contents.get(inode, b"") if synced else path.read_bytes()

    def _watched(self, call: Callable[..., int], is_sync: bool) -> Callable[..., int]:
        def watched(fd: int, *arguments: object) -> int:
            path = Path(f"/proc/self/fd/{fd}").readlink()
            if not path.is_relative_to(self._folder):
                return 0 if is_sync else call(fd, *arguments)
            self._step()
            result = call(fd, *arguments)
            if is_sync:
                self._note(path)
            self._step()
            return result

        return watched

    def _note(self, path: Path) -> None:
        if path.is_dir():
            self._names = {name: inode for name, inode in self._names.items() if name.parent != path}
            self._names |= {name: name.stat().st_ino for name in path.iterdir()}
        else:
            self._contents[path.stat().st_ino] = path.read_bytes()

    def _step(self) -> None:
        if not self._within:
            self._within = True
            self._at_every_step()
            self._within = False
