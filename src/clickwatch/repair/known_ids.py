"""Whether an event has been accepted before under the same id, for longer than de-duplication remembers."""

from collections.abc import Collection
from datetime import date

import pyarrow.compute as pc
import pyarrow.dataset as ds

from clickwatch.archive.delta import DeltaArchive
from clickwatch.archive.integrity import check_bytes
from clickwatch.domain.columns import ARCHIVE_COLUMNS


def accepted_ids(archive: DeltaArchive, day: date, ids: Collection[str]) -> set[str]:
    """Those of the ids that an archived event of a UTC day has. Raises ArchiveError if the archive is damaged."""
    files = [str(path) for path in check_bytes(archive.files(day))]
    if not files:
        return set()
    wanted = pc.field("event_id").isin(sorted(ids))
    rows = ds.dataset(files, schema=ARCHIVE_COLUMNS, format="parquet").to_table(["event_id"], filter=wanted)
    return set(rows["event_id"].to_pylist())
