"""What goes on with a stream: the embedded engine, or Spark over the log that the settings name."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from clickwatch.eventlog.local import LocalLog
from clickwatch.eventlog.port import EventLog
from clickwatch.settings import AppSettings
from clickwatch.speed.spark.session import session_folder
from clickwatch.wiring.beginning import Begun
from clickwatch.wiring.day_engines import Engine, spark
from clickwatch.wiring.kafka import kafka_log_config
from clickwatch.wiring.log import local_log_config, wall_clock
from clickwatch.wiring.pipeline import Pipeline, embedded

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

StreamEngine = Callable[[Begun], Pipeline]


@contextmanager
def stream_engine(settings: AppSettings, engine: Engine) -> Iterator[StreamEngine]:
    """What goes on with a stream; Spark is started at once, and ends with the block."""
    if engine is Engine.EMBEDDED:
        yield embedded
    else:
        with spark(settings) as session:
            yield partial(on_spark, session)


def on_spark(session: "SparkSession", begun: Begun) -> Pipeline:
    """The Spark engine's pipeline, over the log that it was begun with: Spark's processes open it for themselves."""
    from clickwatch.speed.spark.pipeline import Pace, Source, SparkPipeline
    from clickwatch.speed.spark.reading import Span, read_log

    settings = begun.settings
    opened = log_for_workers(settings, on_kafka=bool(begun.log.identity))

    def stream(start: Mapping[int, int], until: Mapping[int, int] | None) -> "DataFrame":
        return read_log(session, Span(opened, start, until, settings.spark_epoch_max_bytes))

    source = Source(begun.log, stream)
    pace = Pace(settings.spark_epoch_interval)
    return SparkPipeline(source, begun.offsets, begun.rules, begun.progress, pace, session_folder(session))


def log_for_workers(settings: AppSettings, *, on_kafka: bool) -> Callable[[], EventLog]:
    """Opens the log in Spark's processes, wherever these are; what the log needs travels, and no other setting."""
    if not on_kafka:
        return partial(LocalLog, local_log_config(settings), wall_clock)
    from clickwatch.eventlog.kafka.log import KafkaLog

    return partial(KafkaLog, kafka_log_config(settings), create=False)
