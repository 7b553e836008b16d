"""Hashes of ids depend on the id alone: not on its neighbours, their lengths, or where it stands in a buffer."""

from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clickwatch.intake.id_hash import IdHasher

HASHER = IdHasher()
ids = st.text(min_size=1, max_size=64)


def pairs(column: pa.Array) -> list[tuple[int, int]]:
    found = HASHER.hashes(column)
    return list(zip(found.high.tolist(), found.low.tolist(), strict=True))


@given(st.lists(ids, max_size=30))
def test_an_id_has_the_same_hash_alone_and_among_others(names: list[str]) -> None:
    together = pairs(pa.array(names, pa.string()))
    assert together == [pairs(pa.array([name]))[0] for name in names]


@given(st.lists(ids, min_size=2, max_size=30), st.data())
def test_a_slice_of_a_column_has_the_hashes_of_its_ids(names: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(names) - 1))
    column = pa.array(names, pa.string())
    assert pairs(column.slice(start)) == pairs(column)[start:]


@given(st.lists(ids, unique=True, max_size=60))
def test_different_ids_have_different_hashes(names: list[str]) -> None:
    assert len(set(pairs(pa.array(names, pa.string())))) == len(names)


def test_zeros_at_the_end_are_part_of_an_id() -> None:
    assert len(set(pairs(pa.array(["a", "a\0", "a\0\0", "a\0\0\0", "a\0\0\0\0"])))) == 5


@pytest.mark.parametrize("seed", range(5))
def test_a_hundred_thousand_ids_in_sequence_spread_and_never_collide(seed: int) -> None:
    # The bound is for these five sets of keys: among all that there are, one in many spreads such a sequence worse.
    hasher = IdHasher(random_bytes=Random(seed).randbytes)
    found = hasher.hashes(pa.array([f"{n:016x}" for n in range(100_000)]))
    assert len(np.unique(found.high)) == 100_000
    for half in (found.high >> np.uint64(32), found.high & np.uint64(0xFFFFFFFF)):
        buckets = np.bincount((half * np.uint64(50) >> np.uint64(32)).astype(np.int64), minlength=50)
        assert 1600 < buckets.min() <= buckets.max() < 2400


def test_the_same_random_bytes_make_the_same_hashes() -> None:
    names = pa.array(["a", "bc"])
    one, other = (IdHasher(random_bytes=Random(3).randbytes).hashes(names) for _ in range(2))
    assert one.high.tolist() == other.high.tolist()
    assert one.high.tolist() != IdHasher().hashes(names).high.tolist()
