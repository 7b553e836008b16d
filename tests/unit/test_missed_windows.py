"""Which windows of an event had ended: the columns say the same as the windows one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clickwatch.domain.window import WindowSpec
from clickwatch.intake.id_table import NEVER
from clickwatch.intake.intake import missed_windows

_SPECS = st.tuples(st.integers(1, 60), st.integers(1, 60)).filter(lambda s: s[1] <= s[0]).map(lambda s: WindowSpec(*s))


@given(
    spec=_SPECS,
    events=st.lists(
        st.tuples(st.integers(0, 300), st.one_of(st.just(NEVER), st.integers(-50, 400))), min_size=1, max_size=30
    ),
)
def test_missed_windows_are_those_that_had_ended(spec: WindowSpec, events: list[tuple[int, int]]) -> None:
    times, marks = (np.array(column, dtype=np.int64) for column in zip(*events, strict=True))
    expected = [
        sum(spec.has_ended(start, None if mark == NEVER else mark) for start in spec.starts(time))
        for time, mark in events
    ]
    assert missed_windows(times, marks, spec).tolist() == expected
