"""Words of eight flags answer as a loop over the flags does."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clickwatch.intake.id_slots import SLOTS, counts, flags_of, nth, ranks

buckets_of_flags = st.lists(st.lists(st.booleans(), min_size=SLOTS, max_size=SLOTS), min_size=1, max_size=20)


@given(buckets_of_flags)
def test_the_flags_of_each_bucket_are_counted(rows: list[list[bool]]) -> None:
    assert counts(flags_of(np.array(rows))).tolist() == [sum(row) for row in rows]


@given(buckets_of_flags, st.data())
def test_the_nth_flag_is_found_in_each_bucket(rows: list[list[bool]], data: st.DataObject) -> None:
    rows = [row for row in rows if any(row)] or [[True] * SLOTS]
    wanted = [data.draw(st.integers(0, sum(row) - 1)) for row in rows]
    places = [[slot for slot, flag in enumerate(row) if flag] for row in rows]
    found = nth(flags_of(np.array(rows)), np.array(wanted, dtype=np.int64))
    assert found.tolist() == [place[n] for place, n in zip(places, wanted, strict=True)]


@given(st.lists(st.integers(0, 5), max_size=40))
def test_the_entries_of_a_bucket_get_its_ranks_each_once(buckets: list[int]) -> None:
    found = ranks(np.array(buckets, dtype=np.int64))
    assert sorted(zip(buckets, found.tolist(), strict=True)) == sorted(
        (bucket, rank) for bucket in set(buckets) for rank in range(buckets.count(bucket))
    )
