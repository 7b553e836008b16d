"""Which engine does the work: of a day, DuckDB or Spark, as the settings name it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from clickwatch.batch.engine import DayEngine, DayInput
from clickwatch.settings import AppSettings
from clickwatch.speed.spark.session import SparkRules, spark_session
from clickwatch.wiring.home import open_home

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DayEngineOf = Callable[[DayInput], DayEngine]


class Engine(StrEnum):
    """What does the work: this process, or Spark."""

    EMBEDDED = "embedded"
    SPARK = "spark"


def spark(settings: AppSettings) -> "AbstractContextManager[SparkSession]":
    """Spark for as long as the block lasts. Raises as `spark_session` does."""
    return spark_session(SparkRules(settings.spark_master, open_home(settings).spill))


@contextmanager
def day_engines(settings: AppSettings, engine: Engine) -> Iterator[DayEngineOf]:
    """A maker of engines for days; Spark is started for the first of them, and ends with the block."""
    with ExitStack() as held:
        if engine is Engine.EMBEDDED:
            yield partial(_on_duckdb, settings)
        else:
            started: list[SparkSession] = []

            def started_when_needed(day: DayInput) -> DayEngine:
                if not started:
                    started.append(held.enter_context(spark(settings)))
                from clickwatch.batch.spark_engine import SparkDayEngine

                return SparkDayEngine(day, started[0])

            yield started_when_needed


def _on_duckdb(settings: AppSettings, day: DayInput) -> DayEngine:
    from clickwatch.batch.duckdb_engine import DuckDbEngine, DuckDbRules

    return DuckDbEngine(day, DuckDbRules(settings.batch_memory, open_home(settings).spill))
