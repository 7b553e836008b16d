"""Which summaries of days went out, and by which handler: a small file for each day, beside the reports."""

import json
from dataclasses import dataclass
from pathlib import Path

from clickwatch.domain.day import Day
from clickwatch.files.durable import PRIVATE_FOLDER, make_folder, write_whole
from clickwatch.files.refusals import storage_errors


@dataclass(frozen=True)
class SentDays:
    """The folder of these files. Whoever notes something holds the right to the day. Methods raise StorageError."""

    folder: Path

    def delivery_ids(self, day: Day) -> dict[str, str]:
        """Handler -> the delivery id of the last summary that it took. A file that is damaged says nothing."""
        path = self._path(day)
        with storage_errors("read", path):
            text = path.read_bytes() if path.exists() else b"{}"
        try:
            known = json.loads(text)
        except ValueError:
            return {}
        return {str(name): str(sent) for name, sent in known.items()} if isinstance(known, dict) else {}

    def note(self, day: Day, handler: str, delivery_id: str) -> None:
        """Keep that a handler took a summary."""
        known = {**self.delivery_ids(day), handler: delivery_id}
        with storage_errors("write", self._path(day)):
            make_folder(self.folder, PRIVATE_FOLDER)
            write_whole(self._path(day), json.dumps(known, indent=1).encode() + b"\n")

    def _path(self, day: Day) -> Path:
        return self.folder / f"{day.compact}.json"
