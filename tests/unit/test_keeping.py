"""How long data is kept: by event time, and by intake for what was old when it came."""

import pytest

from clickwatch.domain.retention import expires_at
from clickwatch.domain.window import DAY

KEEP = 30 * DAY


@pytest.mark.parametrize(
    ("event_end", "intake", "expected"),
    [
        # event ends  comes in    kept until
        (10 * DAY, 10 * DAY, 40 * DAY),  # as it happens
        (10 * DAY, 39 * DAY, 40 * DAY),  # late: it goes with its day
        (10 * DAY, 40 * DAY, 70 * DAY),  # already old: counted from its intake
        (10 * DAY, 900 * DAY, 930 * DAY),  # a replay of years ago
        (10 * DAY, 9 * DAY, 40 * DAY),  # in the future of its log time
    ],
)
def test_data_is_kept_for_its_time(event_end: int, intake: int, expected: int) -> None:
    assert expires_at(event_end, intake, KEEP) == expected
