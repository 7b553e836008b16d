"""Where a row lies: one folder per UTC day and category, and `_other` for names that are no folder's."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from clickwatch.domain.columns import ARCHIVE_COLUMNS

OTHER = "_other"
MAX_CATEGORY_PARTS = 200
PARTITION_COLUMNS = ("event_date", "category_part")
TABLE_COLUMNS = pa.schema(
    [
        *ARCHIVE_COLUMNS,
        pa.field("event_date", pa.date32(), nullable=False),
        pa.field("category_part", pa.string(), nullable=False),
    ]
)
"""The Delta table's columns; the last two are in the folder names and the log, not in the Parquet files."""

_SAFE = r"\A[A-Za-z0-9_.-]{1,64}\z"
# Readers of Hive-style folders take these for null.
_RESERVED = r"(?i)\A(\.|\.\.|null|__HIVE_DEFAULT_PARTITION__)\z"
_UNIX_EPOCH = date(1970, 1, 1).toordinal()


def days_since_epoch(day: date) -> int:
    """Days from 1970-01-01 to `day`."""
    return day.toordinal() - _UNIX_EPOCH


@dataclass(frozen=True)
class Part:
    """One folder of the table. `day` counts days since the Unix epoch, UTC."""

    day: int
    category_part: str

    @property
    def date(self) -> date:
        """The UTC day."""
        return date.fromordinal(_UNIX_EPOCH + self.day)

    @property
    def values(self) -> dict[str, str]:
        """The partition values as the Delta log writes them."""
        return {"event_date": self.date.isoformat(), "category_part": self.category_part}

    @property
    def folders(self) -> tuple[str, ...]:
        """The two folder names; their characters need no escape."""
        return tuple(f"{column}={value}" for column, value in self.values.items())


def held_parts(root: Path, day: int) -> set[str]:
    """The named category parts that a day already has on disk."""
    day_folder = root / Part(day, OTHER).folders[0]
    if not day_folder.is_dir():
        return set()
    prefix = "category_part="
    return {entry.name.removeprefix(prefix) for entry in day_folder.glob(f"{prefix}*")} - {OTHER}


def names_a_folder(categories: pa.Array) -> NDArray[np.bool_]:
    """Which category names (strings) may be folder names."""
    safe = pc.match_substring_regex(categories, _SAFE)
    reserved = pc.match_substring_regex(categories, _RESERVED)
    named: NDArray[np.bool_] = pc.and_not(safe, reserved).to_numpy(zero_copy_only=False)
    return named


def assign_parts(
    days: NDArray[np.int64], categories: pa.DictionaryArray, held: Callable[[int], Collection[str]]
) -> tuple[list[Part], NDArray[np.int32]]:
    """The part of each row: the parts, by day, and for each row an index into them.

    `held(day)` names the category parts that the day has already. They keep their names; new names follow in
    their order of appearance, until the day has MAX_CATEGORY_PARTS; the rest shares `_other`.
    """
    codes = categories.indices.to_numpy()
    names = categories.dictionary
    named = names_a_folder(names)
    parts: list[Part] = []
    part_of_row = np.empty(len(days), dtype=np.int32)
    part_of_code = np.empty(len(names), dtype=np.int32)
    for day, rows in _rows_by_day(days):
        present = _distinct(codes[rows], len(names))
        folders = _folders(present, codes[rows], names, named, held(day))
        index = {name: len(parts) + i for i, name in enumerate(dict.fromkeys(folders))}
        parts.extend(Part(day, name) for name in index)
        part_of_code[present] = [index[name] for name in folders]
        part_of_row[rows] = part_of_code[codes[rows]]
    return parts, part_of_row


class Parts:
    """The parts of one commit to be, chunk after chunk; its names count like those that are on disk."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._held: dict[int, set[str]] = {}

    def assign(self, days: NDArray[np.int64], categories: pa.DictionaryArray) -> tuple[list[Part], NDArray[np.int32]]:
        """See `assign_parts`."""
        parts, part_of_row = assign_parts(days, categories, self._names)
        for part in parts:
            if part.category_part != OTHER:
                self._names(part.day).add(part.category_part)
        return parts, part_of_row

    def _names(self, day: int) -> set[str]:
        if day not in self._held:
            self._held[day] = held_parts(self._root, day)
        return self._held[day]


def stable_order(groups: NDArray[np.signedinteger]) -> NDArray[np.int64]:
    """The rows by group (numbers from 0), and as they come within one."""
    # Sixteen bits are sorted by radix, wider numbers are compared.
    narrow = groups.astype(np.uint16) if len(groups) and groups.max() < 1 << 16 else groups
    return np.argsort(narrow, kind="stable")


def _rows_by_day(days: NDArray[np.int64]) -> Iterator[tuple[int, slice | NDArray[np.int64]]]:
    if not len(days):
        return
    if days.min() == days.max():
        yield int(days[0]), slice(None)
        return
    order = stable_order(days - days.min())
    found, starts = np.unique(days[order], return_index=True)
    yield from zip(found.tolist(), np.split(order, starts[1:]), strict=True)


def _distinct(codes: NDArray[np.int32], size: int) -> NDArray[np.int64]:
    if len(codes) < size:
        return np.unique(codes).astype(np.int64)
    return np.flatnonzero(np.bincount(codes, minlength=size))


def _folders(
    present: NDArray[np.int64],
    codes: NDArray[np.int32],
    names: pa.Array,
    named: NDArray[np.bool_],
    held: Collection[str],
) -> list[str]:
    """The folder of each code of `present`."""
    texts = names.take(pa.array(present)).to_pylist()
    wanted = {text for text, ok in zip(texts, named[present], strict=True) if ok and text != OTHER}
    kept = wanted.intersection(held)
    new = wanted - kept
    room = max(0, MAX_CATEGORY_PARTS - len(set(held)))
    if len(new) > room:
        first_seen = np.unique(codes, return_index=True)[1]
        in_order = dict.fromkeys(texts[i] for i in np.argsort(first_seen) if texts[i] in new)
        new = set(list(in_order)[:room])
    kept |= new
    return [text if text in kept else OTHER for text in texts]
