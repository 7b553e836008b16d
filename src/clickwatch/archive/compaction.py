"""The small files of a past day, put together part by part: the same rows in fewer files."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from clickwatch.archive.encoding import REPEATING, as_archived
from clickwatch.archive.integrity import check_bytes
from clickwatch.archive.layout import Part
from clickwatch.archive.snapshot import DataFile, Snapshot
from clickwatch.archive.splitting import Piece, in_source_order
from clickwatch.domain.window import DAY

TARGET_ROWS = 1_000_000
"""Rows of a file, at most; so many are held in memory at a time."""

_DAY_MS = DAY // 1000
_TEXT = "DELTA_LENGTH_BYTE_ARRAY"


@dataclass(frozen=True)
class Bundle:
    """Files of one part that become one."""

    part: Part
    files: tuple[DataFile, ...]


def plan(snapshot: Snapshot, day: date, target: int) -> list[Bundle]:
    """Which files of a day go together: neighbours in time, up to `target` rows, never one alone.

    What was put together stays as it is when this is asked again. Files that came in on different days stay apart,
    but for the day after: a file is kept from its newest intake, and none is to outlive its time with another.
    """
    alike: dict[tuple[Part, int], list[DataFile]] = {}
    for file in snapshot.data_files(day):
        intake_day = max(file.intake // _DAY_MS, file.part.day + 1)
        alike.setdefault((file.part, intake_day), []).append(file)
    return [
        Bundle(part, bundle)
        for (part, _), files in alike.items()
        for bundle in _neighbours(files, target)
        if len(bundle) > 1
    ]


def _neighbours(files: list[DataFile], target: int) -> Iterator[tuple[DataFile, ...]]:
    bundle: list[DataFile] = []
    for file in files:
        if bundle and sum(f.rows for f in bundle) + file.rows > target:
            yield tuple(bundle)
            bundle = []
        bundle.append(file)
    yield tuple(bundle)


def merged(root: Path, bundles: list[Bundle]) -> Iterator[Piece]:
    """The rows of each bundle in source order, one bundle in memory at a time."""
    for bundle in bundles:
        paths = check_bytes(root / file.path for file in bundle.files)
        rows = in_source_order(as_archived(pa.concat_tables(map(_read, paths))).to_batches())
        yield Piece(bundle.part, rows, max(file.intake for file in bundle.files))


def _read(path: Path) -> pa.Table:
    """A file's rows, with dictionaries of what repeats.

    What did not repeat enough when it was put together before is text in the file, and no reader makes a dictionary of
    such text: that is done here.
    """
    metadata = pq.read_metadata(path)
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    columns = [group.column(number) for group in groups for number in range(group.num_columns)]
    texts = {column.path_in_schema for column in columns if _TEXT in column.encodings}
    rows = pq.ParquetFile(path, read_dictionary=[name for name in REPEATING if name not in texts]).read()
    for place, field in enumerate(rows.schema):
        if field.name in texts.intersection(REPEATING):
            coded = rows[field.name].dictionary_encode()
            rows = rows.set_column(place, field.with_type(coded.type), coded)
    return rows


def retire(root: Path, files: list[DataFile], now: float) -> None:
    """Mark the replaced files with the time of their replacement (s, Unix epoch), which `tidy` goes by."""
    for file in files:
        os.utime(root / file.path, (now, now))
