"""The event log of each kind, for tests that state the contract once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from clickwatch.eventlog.port import EventLog
from dev.broker import Broker
from tests.support.event_logs import Adapter, Clock, KafkaTopics, LocalFiles


@pytest.fixture(params=["local", "kafka"])
def log_adapter(request: pytest.FixtureRequest) -> Adapter:
    if request.param == "local":
        return LocalFiles()
    broker: Broker = request.getfixturevalue("broker")
    return KafkaTopics(broker.servers())


@pytest.fixture
def log_clock() -> Clock:
    return Clock()


@pytest.fixture
def event_log(log_adapter: Adapter, tmp_path: Path, log_clock: Clock) -> Iterator[EventLog]:
    """A new log of two partitions."""
    log = log_adapter.open(tmp_path, 2, log_clock)
    yield log
    log.close()
