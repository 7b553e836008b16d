"""A topic beside the log: kept while it works, and another one after an error."""

import pytest

from clickwatch.errors import LogError, RecordsRefused
from clickwatch.eventlog.side_topic import SideTopic
from tests.support.recorded_log import RecordedLog


class Opening:
    """Opens logs, and knows which of them are open."""

    def __init__(self) -> None:
        self.count = 0
        self.open: list[RecordedLog] = []

    def __call__(self) -> RecordedLog:
        log = ClosingLog(self)
        self.count += 1
        self.open.append(log)
        return log


class ClosingLog(RecordedLog):
    def __init__(self, opening: Opening) -> None:
        super().__init__(partitions=1)
        self._opening = opening

    def close(self) -> None:
        self._opening.open.remove(self)


def use(topic: SideTopic, error: Exception | None = None) -> None:
    with topic.opened():
        if error is not None:
            raise error


def test_a_topic_that_works_is_opened_once_and_closed_at_the_end() -> None:
    opening = Opening()
    topic = SideTopic(opening)
    assert opening.count == 0
    use(topic)
    use(topic)
    assert (opening.count, len(opening.open)) == (1, 1)
    topic.close()
    topic.close()
    assert opening.open == []


def test_after_an_error_it_is_opened_anew() -> None:
    opening = Opening()
    topic = SideTopic(opening)
    for _ in range(2):
        with pytest.raises(LogError):
            use(topic, LogError("It has no partition 2"))
        assert opening.open == []
    use(topic)
    assert opening.count == 3


def test_a_record_that_is_refused_says_nothing_against_the_topic() -> None:
    opening = Opening()
    topic = SideTopic(opening)
    with pytest.raises(RecordsRefused):
        use(topic, RecordsRefused("1 of 1 records were not acknowledged", "", [0]))
    use(topic)
    assert opening.count == 1
