"""Whether an event has been accepted before under the same id, for longer than de-duplication remembers."""

from collections.abc import Collection
from datetime import date
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.dataset as ds

from clickwatch.archive.delta import DeltaArchive
from clickwatch.archive.integrity import check_bytes
from clickwatch.domain.columns import ARCHIVE_COLUMNS


class KnownIds:
    """The ids of archived events; it remembers which files it has found whole: their bytes never change."""

    def __init__(self, archive: DeltaArchive) -> None:
        self._archive = archive
        self._whole: set[Path] = set()

    def among(self, ids: Collection[str], day: date) -> set[str]:
        """Those of the ids that an archived event of a UTC day has. Raises ArchiveError if a file is damaged."""
        files = self._archive.files(day)
        self._whole.update(check_bytes(path for path in files if path not in self._whole))
        if not files:
            return set()
        wanted = pc.field("event_id").isin(sorted(ids))
        dataset = ds.dataset([str(path) for path in files], schema=ARCHIVE_COLUMNS, format="parquet")
        return set(dataset.to_table(["event_id"], filter=wanted)["event_id"].to_pylist())
