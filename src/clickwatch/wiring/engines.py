"""Which engine does the work, and Spark as the settings name it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from clickwatch.batch.duckdb_engine import DuckDbEngine, DuckDbRules
from clickwatch.batch.engine import DayEngine, DayInput
from clickwatch.eventlog.local import LocalLog
from clickwatch.eventlog.port import EventLog
from clickwatch.settings import AppSettings
from clickwatch.speed.spark.session import SparkRules, session_folder, spark_session
from clickwatch.wiring.home import open_home
from clickwatch.wiring.kafka import kafka_log_config
from clickwatch.wiring.log import local_log_config, wall_clock
from clickwatch.wiring.pipeline import Begun, Pipeline, embedded

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

StreamEngine = Callable[[Begun], Pipeline]
DayEngineOf = Callable[[DayInput], DayEngine]


class Engine(StrEnum):
    """What does the work: this process, or Spark."""

    EMBEDDED = "embedded"
    SPARK = "spark"


def spark(settings: AppSettings) -> "AbstractContextManager[SparkSession]":
    """Spark for as long as the block lasts. Raises SparkMissing."""
    return spark_session(SparkRules(settings.spark_master, open_home(settings).spill))


@contextmanager
def day_engines(settings: AppSettings, engine: Engine) -> Iterator[DayEngineOf]:
    """A maker of engines for days; Spark is started for the first of them, and ends with the block."""
    with ExitStack() as held:
        if engine is Engine.EMBEDDED:
            yield lambda day: DuckDbEngine(day, DuckDbRules(settings.batch_memory, open_home(settings).spill))
        else:
            started: list[SparkSession] = []

            def started_when_needed(day: DayInput) -> DayEngine:
                if not started:
                    started.append(held.enter_context(spark(settings)))
                from clickwatch.batch.spark_engine import SparkDayEngine

                return SparkDayEngine(day, started[0])

            yield started_when_needed


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
