"""The batch engines that the contract of the day's figures is held to. Another engine is one more in `ENGINES`."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from clickwatch.batch.duckdb_engine import DuckDbEngine, DuckDbRules
from clickwatch.batch.engine import DayEngine, DayInput
from clickwatch.batch.spark_engine import SparkDayEngine
from tests.support.spark import shared_spark


class EngineOf(Protocol):
    """How to make engines of one kind."""

    @property
    def name(self) -> str: ...

    @property
    def examples(self) -> int:
        """How many random days are worth its time."""

    def ready(self, folder: Path) -> AbstractContextManager[Callable[[DayInput], DayEngine]]:
        """A maker of engines, for as long as the block lasts; `folder` is theirs."""


@dataclass(frozen=True)
class OnDuckDb:
    """DuckDB in this process."""

    name: str = "duckdb"
    examples: int = 60

    @contextmanager
    def ready(self, folder: Path) -> Iterator[Callable[[DayInput], DayEngine]]:
        """See `EngineOf`."""
        yield lambda day: DuckDbEngine(day, DuckDbRules(memory=128, spill=folder / "spill"))


@dataclass(frozen=True)
class OnSpark:
    """Spark, the one of this run of the tests."""

    name: str = "spark"
    examples: int = 8

    @contextmanager
    def ready(self, folder: Path) -> Iterator[Callable[[DayInput], DayEngine]]:
        """See `EngineOf`."""
        yield lambda day: SparkDayEngine(day, shared_spark())


ENGINES: tuple[EngineOf, ...] = (OnDuckDb(), OnSpark())
