"""A topic beside the log, for what leaves the house: open while it works, and opened anew after an error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from clickwatch.errors import LogError, RecordsRefused
from clickwatch.eventlog.port import EventLog


class SideTopic:
    """Opened when there is something to append. For one thread at a time."""

    def __init__(self, open_topic: Callable[[], EventLog]) -> None:
        """`open_topic` opens it, and waits for a bounded time where it is away."""
        self._open_topic = open_topic
        self._topic: EventLog | None = None

    @contextmanager
    def opened(self) -> Iterator[EventLog]:
        """The topic. After an error it is another one: it may have been made anew, with other partitions."""
        if self._topic is None:
            self._topic = self._open_topic()
        try:
            yield self._topic
        except RecordsRefused:
            raise  # the topic is sound
        except LogError:
            self.close()
            raise

    def close(self) -> None:
        """Give back the connections; it can be opened again."""
        topic, self._topic = self._topic, None
        if topic is not None:
            topic.close()
