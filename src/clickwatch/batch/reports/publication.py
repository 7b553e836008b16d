"""Sets of reports on disk: each is a folder of its own, and one rename puts all reports of a day in place at once.

    reports/daily_summary_20260126.txt  ->  .sets/20260126/daily_summary_20260126.txt     a link per report
    reports/.sets/20260126              ->  20260126-5ac909809d99e1f0                      the link that is renamed
    reports/.sets/20260126-5ac909809d99e1f0/                                               a set, named by its content

So whoever looks sees the old reports or the new ones, whenever the process that publishes is killed.
"""

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from clickwatch.domain.day import Day
from clickwatch.files.durable import PRIVATE_FOLDER, make_folder, sync_folder, unique_name, write_new
from clickwatch.files.refusals import storage_errors

_SETS = ".sets"
_DRAFT = ".draft"


@dataclass(frozen=True)
class ReportShelf:
    """The folder of all reports. All methods raise StorageError if the disk refuses."""

    folder: Path

    def stage(self, day: Day, files: Mapping[str, bytes]) -> str:
        """Write a set, whole and durable, that nobody sees yet; its name, which is the same for the same content."""
        name = f"{day.compact}-{_digest(files)}"
        with storage_errors("write reports to", self.folder):
            make_folder(self._sets, PRIVATE_FOLDER)
            if not (self._sets / name).is_dir():
                self._write(name, files)
        return name

    def publish(self, day: Day, name: str) -> None:
        """Let a set that was staged take the place of the day's reports, and remove those that it replaces."""
        with storage_errors("publish reports in", self.folder):
            reports = sorted(path.name for path in (self._sets / name).iterdir())
            for report in reports:
                _point(self.folder / report, Path(_SETS) / day.compact / report)
            sync_folder(self.folder)
            _point(self._current(day), Path(name))
            sync_folder(self._sets)
            self._tidy(day, name, reports)

    def files(self, day: Day) -> dict[str, bytes]:
        """The reports of a day as they are now, by file name; none if the day has none."""
        with storage_errors("read reports in", self.folder):
            current = self._current(day)
            return {path.name: path.read_bytes() for path in sorted(current.iterdir())} if current.is_dir() else {}

    def sizes(self, day: Day) -> dict[str, int]:
        """The bytes of each report of a day, by file name; none if the day has none."""
        with storage_errors("look into", self.folder):
            current = self._current(day)
            return {path.name: path.stat().st_size for path in current.iterdir()} if current.is_dir() else {}

    def days(self) -> list[Day]:
        """The days that have reports, ascending."""
        with storage_errors("look into", self.folder):
            links = [path for path in self._sets.iterdir() if path.is_symlink()] if self._sets.is_dir() else []
        return sorted(
            Day.parse(f"{link.name[:4]}-{link.name[4:6]}-{link.name[6:]}") for link in links if len(link.name) == 8
        )

    @property
    def _sets(self) -> Path:
        return self.folder / _SETS

    def _current(self, day: Day) -> Path:
        return self._sets / day.compact

    def _write(self, name: str, files: Mapping[str, bytes]) -> None:
        draft = self._sets / f".{name}.{unique_name()}{_DRAFT}"
        draft.mkdir(mode=PRIVATE_FOLDER)
        try:
            for file, content in files.items():
                write_new(draft / file, content)
            sync_folder(draft)
            draft.rename(self._sets / name)
        except OSError:
            shutil.rmtree(draft, ignore_errors=True)
            # Another run of the day may have been first: then its set, of the same content, is the one.
            if not (self._sets / name).is_dir():
                raise
        sync_folder(self._sets)

    def _tidy(self, day: Day, name: str, reports: list[str]) -> None:
        """Remove the day's other sets, links to reports that the set does not have, and what a dead process left."""
        for old in self._sets.glob(f"*{day.compact}-*"):
            if old.name != name:
                shutil.rmtree(old)
        links = [*self._sets.glob(f".{day.compact}.*"), *self.folder.glob(f"*_{day.compact}.*")]
        for link in links:
            if link.is_symlink() and link.name not in reports:
                link.unlink()


def _digest(files: Mapping[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"{name}\0{len(files[name])}\0".encode())
        whole.update(files[name])
    return whole.hexdigest()[:16]


def _point(link: Path, target: Path) -> None:
    """Make a link, or let it point elsewhere, in one step."""
    if link.is_symlink() and link.readlink() == target:
        return
    draft = link.with_name(f".{link.name}.{unique_name()}{_DRAFT}")
    draft.symlink_to(target)
    draft.replace(link)
