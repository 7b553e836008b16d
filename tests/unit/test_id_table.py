"""The table of ids holds exactly the ids that were put in, through cleaning, growing and spilling."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clickwatch.intake.id_hash import IdHashes
from clickwatch.intake.id_table import NEVER, IdTable


def hashes(numbers: list[int]) -> IdHashes:
    """Hashes that meet on their first slot often: evenly spread over the shards, few distinct lower halves."""
    high = np.array([n * 0x9E3779B1 % 2**32 << 32 | (n % 50 + 1) for n in numbers], dtype=np.uint64)
    return IdHashes(high, np.array(numbers, dtype=np.uint32))


@given(
    batches=st.lists(
        st.tuples(st.lists(st.integers(0, 5000), unique=True, max_size=300), st.integers(0, 100)), max_size=12
    )
)
def test_the_table_agrees_with_a_dictionary(tmp_path_factory: pytest.TempPathFactory, batches: list) -> None:  # type: ignore[type-arg]
    table = IdTable(memory=1 << 20, spill=tmp_path_factory.getbasetemp())
    truth: dict[int, int] = {}
    for numbers, expiry in batches:
        table.put(hashes(numbers), np.full(len(numbers), expiry, dtype=np.int64), watermark=NEVER)
        for number in numbers:
            truth[number] = max(truth.get(number, expiry), expiry)
    asked = list(range(0, 5000, 7))
    found = table.expiries(hashes(asked)).tolist()
    assert found == [truth.get(number, NEVER) for number in asked]


def test_growing_keeps_every_live_id_and_drops_expired_ones_first(tmp_path: Path) -> None:
    table = IdTable(memory=1 << 30, spill=tmp_path)
    rng = np.random.default_rng(7)
    kept: list[IdHashes] = []
    for step in range(40):
        batch = IdHashes(rng.integers(1, 2**64, 5000, dtype=np.uint64), rng.integers(0, 2**32, 5000).astype(np.uint32))
        table.put(batch, np.full(5000, step, dtype=np.int64), watermark=step - 10)
        kept.append(batch)
    for step in range(30, 40):
        assert (table.expiries(kept[step]) == step).all()
    assert table.ids < 30 * 5000, "expired ids made room for new ones"


def test_beyond_its_memory_the_table_lies_on_disk_and_answers_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    batch = IdHashes(rng.integers(1, 2**64, 50_000, dtype=np.uint64), rng.integers(0, 2**32, 50_000).astype(np.uint32))
    table = IdTable(memory=1024, spill=tmp_path / "spill")
    table.put(batch, np.arange(50_000), watermark=NEVER)
    assert isinstance(table._high, np.memmap)
    assert (table.expiries(batch) == np.arange(50_000)).all()
    assert list((tmp_path / "spill").iterdir()) == [], "the file has no name, so a crash leaves nothing behind"
