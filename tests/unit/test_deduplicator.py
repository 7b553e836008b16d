"""De-duplication: decided per record by what stands earlier, wherever the partition is cut into blocks."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clickwatch.intake.dedupe import Deduplicator
from clickwatch.intake.id_hash import IdHasher
from clickwatch.intake.id_table import NEVER, IdTable

HORIZON = 15
HASHER = IdHasher()
Record = tuple[str | None, int, int]
"""Id, event time, and how far the watermark goes on after it."""


def deduplicator(spill: Path) -> Deduplicator:
    return Deduplicator(IdTable(1 << 20, spill, span=200), HASHER, HORIZON)


def verdicts(records: list[Record], cuts: list[int], spill: Path, mark: int = NEVER) -> list[bool]:
    """Which records are duplicates, taken in blocks that end at `cuts`."""
    dedupe = deduplicator(spill)
    found: list[bool] = []
    for first, end in zip([0, *cuts], [*cuts, len(records)], strict=True):
        block = records[first:end]
        marks = [mark]
        for _, _, step in block:
            marks.append(step if marks[-1] == NEVER else marks[-1] + step)
        mark = marks[-1]
        ids = pa.array([name for name, _, _ in block], pa.string())
        times = np.array([time for _, time, _ in block], dtype=np.int64)
        found += dedupe.duplicates(ids, times, np.array(marks[:-1], dtype=np.int64), mark).tolist()
    return found


def one_by_one(records: list[Record]) -> list[bool]:
    """The rule as it is written."""
    accepted: list[tuple[str, int]] = []
    mark: int | None = None
    found: list[bool] = []
    for name, time, step in records:
        duplicate = name is not None and any(
            name == other and (mark is None or earlier + HORIZON > mark) for other, earlier in accepted
        )
        found.append(duplicate)
        if name is not None and not duplicate:
            accepted.append((name, time))
        mark = step if mark is None else mark + step
    return found


_RECORDS = st.lists(
    st.tuples(st.sampled_from([None, "a", "b", "é"]), st.integers(0, 60), st.sampled_from([0, 0, 0, 1, 5, 15, 40])),
    max_size=40,
)


@given(records=_RECORDS, data=st.data())
def test_blocks_decide_as_record_by_record(
    tmp_path_factory: pytest.TempPathFactory, records: list[Record], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(records)), max_size=4)))
    assert verdicts(records, cuts, tmp_path_factory.getbasetemp()) == one_by_one(records)


def test_an_id_comes_back_when_its_horizon_is_over(tmp_path: Path) -> None:
    # id at 10, horizon 15:  it expires when the watermark reaches 25, and not at 24
    assert verdicts([("a", 10, 24), ("a", 10, 1), ("a", 40, 0)], [], tmp_path) == [False, True, False]


def test_the_horizon_counts_from_the_latest_accepted_one(tmp_path: Path) -> None:
    # a at 100 expires at 115 though a at 10, accepted after 25, came between
    records: list[Record] = [("a", 10, 25), ("a", 100, 0), ("a", 10, 89), ("a", 10, 1), ("a", 10, 0)]
    assert verdicts(records, [1, 3], tmp_path) == [False, False, True, True, False]


def test_records_without_an_id_are_no_duplicates(tmp_path: Path) -> None:
    assert verdicts([(None, 1, 0), (None, 1, 0), ("", 1, 0)], [], tmp_path) == [False, False, False]


def test_ids_remembered_from_the_archive_count_as_accepted(tmp_path: Path) -> None:
    dedupe = deduplicator(tmp_path)
    dedupe.remember(pa.table({"event_id": ["a", "b"], "event_time": [10, 20]}), watermark=0)
    marks = np.array([25, 25, 25])
    found = dedupe.duplicates(pa.array(["a", "b", "c"]), np.array([30, 30, 30]), marks, 25)
    assert found.tolist() == [False, True, False]
