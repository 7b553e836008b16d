"""Alert messages as records of a topic, for other programs."""

import json
from collections.abc import Callable

from clickwatch.errors import LogError, NotDelivered
from clickwatch.eventlog.partitioner import partition_of
from clickwatch.eventlog.port import EventLog
from clickwatch.eventlog.side_topic import SideTopic
from clickwatch.speed.alerts.handlers.port import DeliveryError, DeliveryUncertain, Message


class KafkaHandler:
    """Appends one record per message, keyed by its product or day, so that what is said of one stays in order.

    A record is the message as JSON with its `delivery_id`, by which readers know one that comes again.
    """

    name = "kafka"

    def __init__(self, open_topic: Callable[[], EventLog]) -> None:
        """`open_topic` opens the topic, which waits for brokers for a bounded time: when the first message comes."""
        self._topic = SideTopic(open_topic)

    def deliver(self, message: Message, delivery_id: str) -> None:
        """Append the message; all in-sync replicas have it when this returns. Raises DeliveryError."""
        record = json.dumps({"delivery_id": delivery_id, **message.fields()}).encode() + b"\n"
        # What Kafka calls a key is bytes; a lone surrogate, which JSON can carry, has none in UTF-8.
        key = message.key.encode(errors="backslashreplace")
        try:
            with self._topic.opened() as topic:
                topic.append(partition_of(key, topic.partitions), record, [key])
        except NotDelivered as error:
            raise DeliveryUncertain(error.problem) from None
        except LogError as error:
            raise DeliveryError(error.problem) from None
