"""The files of the current version, and what their rows say: for the day, for recovery, for tests."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from clickwatch.archive.actions import APP_ID
from clickwatch.archive.integrity import check_bytes
from clickwatch.archive.layout import Part, days_since_epoch
from clickwatch.domain.columns import ARCHIVE_COLUMNS

IDS_COLUMNS = pa.schema(
    [
        pa.field("source_partition", pa.int32()),
        pa.field("event_id", pa.string()),
        pa.field("event_time", pa.int64()),
    ]
)
"""What de-duplication needs to know of archived rows: `event_time` in µs since the Unix epoch, UTC."""

_EARLIEST = -(1 << 62)
_FILE_COLUMNS = (
    "partition.event_date",
    "partition.category_part",
    "modification_time",
    "path",
    "size_bytes",
    "num_records",
)


@dataclass(frozen=True)
class DataFile:
    """One Parquet file: its path relative to the table's folder, its bytes and rows, and when these came in.

    `intake` is in ms since the Unix epoch, UTC.
    """

    path: str
    size: int
    part: Part
    rows: int
    intake: int


class Snapshot:
    """One version of the table. Its files stay on disk for a while after newer versions dropped them."""

    def __init__(self, root: Path, table: DeltaTable) -> None:
        self._root = root
        self.version = table.version()
        self.last_epoch = table.transaction_version(APP_ID) or 0
        # One row per file: path, size_bytes, num_records, partition.*, min.*, max.*.
        self.entries: pa.Table = pa.RecordBatchReader.from_stream(table.get_add_actions(flatten=True)).read_all()

    def files(self, day: date | None = None) -> list[Path]:
        """The Parquet files, of one UTC day or of all."""
        return [self._root / file.path for file in self.data_files(day)]

    def data_files(self, day: date | None = None) -> list[DataFile]:
        """The same with what is known of them, by day and part, and within one by intake."""
        entries = self.entries
        if not len(entries):
            return []
        if day is not None:
            entries = entries.filter(pc.equal(entries["partition.event_date"], pa.scalar(day)))
        columns = [entries[name].to_pylist() for name in _FILE_COLUMNS]
        return [
            DataFile(path, size, Part(days_since_epoch(event_date), part), rows, intake)
            for event_date, part, intake, path, size, rows in sorted(zip(*columns, strict=True))
        ]

    def days(self) -> list[date]:
        """The UTC days that have files, ascending."""
        return sorted(set(self.entries["partition.event_date"].to_pylist())) if len(self.entries) else []

    def _paths(self, entries: pa.Table) -> list[Path]:
        return [self._root / path for path in sorted(entries["path"].to_pylist())]

    def to_arrow(self, day: date | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows, of one UTC day or of all, in no promised order."""
        files = [str(path) for path in check_bytes(self.files(day))]
        table: pa.Table = _rows(files).to_table(columns=columns)
        return table

    def count(self, day: date, last_epoch: int, without: Container[str] = ()) -> int:
        """The rows of a UTC day that epochs up to and with `last_epoch` archived.

        `without`: paths of files, relative to the table's folder, that do not count.
        """
        paths = [self._root / file.path for file in self.data_files(day) if file.path not in without]
        files = [str(path) for path in check_bytes(paths)]
        if not files:
            return 0
        return int(_rows(files).count_rows(filter=pc.field("epoch") <= last_epoch))

    def files_after(self, thresholds: Mapping[int, int | None]) -> list[Path]:
        """The files that may hold rows of a partition with an event time above its threshold (None: any)."""
        entries = self.entries
        if not len(entries):
            return []
        newest: pa.ChunkedArray = entries["max.event_time"].cast(pa.int64())
        wanted = pa.chunked_array([pa.array([False]).take(pa.array([0] * len(entries)))])
        for partition, threshold in thresholds.items():
            holds = pc.and_(
                pc.less_equal(entries["min.source_partition"], partition),
                pc.greater_equal(entries["max.source_partition"], partition),
            )
            late_enough = pc.greater(newest, _EARLIEST if threshold is None else threshold)
            wanted = pc.or_(wanted, pc.and_(holds, late_enough))
        return self._paths(entries.filter(wanted))

    def ids_after(self, thresholds: Mapping[int, int | None]) -> pa.Table:
        """See `DeltaArchive.ids_after`."""
        files = [str(path) for path in check_bytes(self.files_after(thresholds))]
        if not files:
            return IDS_COLUMNS.empty_table()
        above = [
            (pc.field("source_partition") == partition) & (pc.field("event_time") > _timestamp(threshold))
            for partition, threshold in thresholds.items()
        ]
        wanted = reduce(or_, above) & pc.field("event_id").is_valid()
        return _rows(files).to_table(IDS_COLUMNS.names, filter=wanted).cast(IDS_COLUMNS)


def _rows(files: list[str]) -> Any:
    """The files as one table. Arrow's datasets load pandas where it is installed: most commands need neither."""
    import pyarrow.dataset as ds

    return ds.dataset(files, schema=ARCHIVE_COLUMNS, format="parquet")


def _timestamp(micros: int | None) -> pa.Scalar:
    return pa.scalar(_EARLIEST if micros is None else micros, pa.timestamp("us", tz="UTC"))
