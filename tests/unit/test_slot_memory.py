"""Columns whose first rows can be given back while the rest is still read."""

from pathlib import Path

import numpy as np
import pytest

from clickwatch.errors import StorageError
from clickwatch.intake.slot_memory import column, forget

ROWS = 4_000_000


def resident_mib() -> float:
    """Memory of this process that lies in no file."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024


def test_a_column_begins_with_zeros() -> None:
    assert not column(np.uint32, (1000, 8), None).any()


def test_rows_that_are_forgotten_give_their_memory_back_and_the_others_stay() -> None:
    values = column(np.uint64, (ROWS, 8), None)
    values[:] = 7
    before = resident_mib()
    forget(values, ROWS // 2)
    assert before - resident_mib() > 100, "half of 244 MiB"
    assert (values[ROWS // 2 :] == 7).all()


def test_a_column_in_a_file_is_read_as_before_after_forgetting(tmp_path: Path) -> None:
    values = column(np.uint64, (1000, 8), tmp_path)
    values[:] = 7
    forget(values, 500)
    assert (values == 7).all()


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"Cannot keep ids in .*file"):
        column(np.uint64, (1000, 8), tmp_path / "file" / "folder")
