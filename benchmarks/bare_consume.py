"""A loop that fetches a topic's records, counts them and does nothing else: prints a line of JSON.

With the client library's settings that clickwatch uses: with its defaults the loop is several times slower.
"""

import json
import resource
import time
from pathlib import Path

from benchmarks.homes import settings_of
from clickwatch.eventlog.kafka.client import Consumer, TopicPartition
from clickwatch.settings import AppSettings

_AT_ONCE = 1000


def main(settings: AppSettings) -> None:
    """Fetch all that the topic has now."""
    topic = settings.kafka_clickstream_topic
    consumer = Consumer(
        {
            "bootstrap.servers": settings.kafka_bootstrap_servers,
            "group.id": "bare",
            "check.crcs": True,
            "fetch.queue.backoff.ms": 2,
            "queued.min.messages": 1_000_000,
        }
    )
    places = [TopicPartition(topic, partition, 0) for partition in consumer.list_topics(topic).topics[topic].partitions]
    wanted = sum(consumer.get_watermark_offsets(place)[1] for place in places)
    began = time.perf_counter()
    consumer.assign(places)
    records = size = 0
    while records < wanted:
        fetched = consumer.consume(_AT_ONCE, 1.0)
        records += len(fetched)
        size += sum(map(len, fetched))
    seconds = time.perf_counter() - began
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu_seconds = usage.ru_utime + usage.ru_stime
    print(json.dumps({"records": records, "bytes": size, "seconds": seconds, "cpu_seconds": cpu_seconds}))


if __name__ == "__main__":
    main(settings_of(Path.cwd()))
