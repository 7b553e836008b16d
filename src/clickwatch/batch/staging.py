"""What the steps of a day's run hand on to one another, in files: so that each may be a process of its own.

Every result says at which cut it was made, and results of different cuts are never put together.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from clickwatch.batch.cut import Cut
from clickwatch.domain.day import Day
from clickwatch.errors import BatchError
from clickwatch.files.durable import PRIVATE_FOLDER, make_folder, write_whole
from clickwatch.files.refusals import storage_errors

_FORMAT = 1
_CUT = b"cut"
_AGAIN = "Run the whole day again: clickwatch batch --date {day}"


@dataclass(frozen=True)
class Staging:
    """The folder of one day's run. All methods raise StorageError if the disk refuses."""

    folder: Path

    def begin(self, cut: Cut) -> None:
        """A new cut: results of earlier ones no longer count."""
        description = {
            "format": _FORMAT,
            "day": str(cut.day),
            "epoch": cut.epoch,
            "is_complete": cut.is_complete,
            "files": list(cut.files),
        }
        with storage_errors("stage the day in", self.folder):
            make_folder(self.folder, PRIVATE_FOLDER)
            write_whole(self._path("cut.json"), json.dumps(description, indent=1).encode() + b"\n")

    def cut(self, day: Day) -> Cut:
        """The cut of the run. Raises BatchError if none was begun."""
        path = self._path("cut.json")
        with storage_errors("read", path):
            text = path.read_bytes() if path.exists() else b""
        try:
            told = json.loads(text)
            known = told["format"] == _FORMAT and told["day"] == str(day)
            cut = Cut(day, told["epoch"], told["is_complete"], tuple(told["files"]))
        except (ValueError, KeyError, TypeError):
            known = False
        if not known:
            raise BatchError(f"No run of {day} was begun in {self.folder}", _AGAIN.format(day=day))
        return cut

    def keep(self, name: str, cut: Cut, table: pa.Table) -> None:
        """Keep a result under a name."""
        marked = table.replace_schema_metadata({_CUT: str(cut.epoch).encode()})
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, marked.schema) as writer:
            writer.write_table(marked)
        with storage_errors("stage the day in", self.folder):
            write_whole(self._path(f"{name}.arrow"), memoryview(sink.getvalue()))

    def result(self, name: str, cut: Cut) -> pa.Table:
        """The result that was kept under a name. Raises BatchError if there is none, or it is of another cut."""
        path = self._path(f"{name}.arrow")
        with storage_errors("read", path):
            data = path.read_bytes() if path.exists() else None
        if data is None:
            raise BatchError(f"The {name} of {cut.day} were not computed yet", _AGAIN.format(day=cut.day))
        try:
            table: pa.Table = pa.ipc.open_file(data).read_all()
        except pa.ArrowInvalid as error:
            raise BatchError(f"The result {path} is damaged", _AGAIN.format(day=cut.day)) from error
        if (table.schema.metadata or {}).get(_CUT) != str(cut.epoch).encode():
            problem = f"The {name} of {cut.day} belong to another run: another process began this day anew"
            raise BatchError(problem, _AGAIN.format(day=cut.day))
        return table.replace_schema_metadata(None)

    def clear(self) -> None:
        """Remove everything: some of it is about single users."""
        with storage_errors("clear", self.folder):
            shutil.rmtree(self.folder)

    def _path(self, name: str) -> Path:
        return self.folder / name
