"""The Spark engine's loop: one streaming query, each of whose micro-batches is an epoch.

The store's offsets are the truth: a query begins where they say, with a checkpoint of its own that goes with it.
"""

import json
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from clickwatch.errors import SparkFailed
from clickwatch.eventlog.port import EventLog
from clickwatch.intake.intake import IntakeRules
from clickwatch.speed.effects import Gap
from clickwatch.speed.progress import Progress
from clickwatch.speed.spark.epoch import effects_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.streaming.query import StreamingQuery

_POLL_SECONDS = 0.05
_ATTENTION_SECONDS = 1.0
_REST = 500_000
"""How often idle partitions are looked at, in µs: each look asks the log."""
Offsets = Mapping[int, int]


@dataclass(frozen=True)
class Pace:
    """The least time between epochs, in µs."""

    epoch_interval: int


@dataclass(frozen=True)
class Source:
    """Where records come from: the log, and the same as a stream of Spark that begins at some offsets.

    `stream` takes the offsets to begin at and those to stop before (None: it goes on), and gives RECORDS.
    """

    log: EventLog
    stream: "Callable[[Offsets, Offsets | None], DataFrame]"


class SparkPipeline:
    """One run of the stream, from the position where the store left off."""

    def __init__(
        self,
        source: Source,
        offsets: Offsets,
        rules: IntakeRules,
        progress: Progress,
        pace: Pace,
        scratch: Path,
    ) -> None:
        """`offsets`: where each partition goes on. `scratch`: a folder for Spark's checkpoint of this run."""
        self._source = source
        self._offsets = dict(offsets)
        self._rules = rules
        self._progress = progress
        self._pace = pace
        self._scratch = scratch
        self._turn = threading.Lock()
        self._is_ending = False
        self._rested = progress.clocks.monotonic()
        self._failure: BaseException | None = None
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="log-ends")
        self._asked: Future[Offsets] | None = None

    def run(self, stop: threading.Event, until: Offsets | None = None) -> None:
        """Work until `stop` is set, or all partitions have been read up to the offsets `until`.

        All that was committed is archived when it returns. Raises what stopped it otherwise.
        """
        try:
            with self._query(until) as query:
                self._loop(query, stop, until)
            if self._failure is not None:
                raise self._failure
            self._progress.archive_all()
        finally:
            self._pool.shutdown(cancel_futures=True)
            self._progress.abandon()
        self._progress.end()

    @contextmanager
    def _query(self, until: Offsets | None) -> "Iterator[StreamingQuery]":
        records = self._source.stream(dict(self._offsets), until)
        interval = f"{self._pace.epoch_interval} microseconds" if until is None else "0 seconds"
        with tempfile.TemporaryDirectory(prefix="checkpoint-", dir=self._scratch) as checkpoint:
            stream = records.writeStream.foreachBatch(self._epoch).trigger(processingTime=interval)
            query = stream.option("checkpointLocation", Path(checkpoint).as_uri()).start()
            try:
                yield query
            finally:
                self._is_ending = True
                with self._turn:  # an epoch that is under way is finished first
                    pass
                query.stop()

    def _loop(self, query: "StreamingQuery", stop: threading.Event, until: Offsets | None) -> None:
        while not stop.is_set() and self._failure is None:
            self._progress.check()
            if not query.isActive:
                self._explain(query)
            if until is not None and self._has_reached(query, until):
                with self._turn:
                    self._pass_over(query)
                return
            now = self._progress.clocks.monotonic()
            if until is None and now - self._rested >= _REST and self._turn.acquire(blocking=False):
                try:
                    self._pass_over(query)
                    self._rest()
                finally:
                    self._turn.release()
                self._rested = now
            self._progress.keep_lease()
            stop.wait(_POLL_SECONDS)

    def _has_reached(self, query: "StreamingQuery", until: Offsets) -> bool:
        """Whether all partitions have been read up to `until`; a log may end in places that hold no record."""
        if all(self._offsets[p] >= end for p, end in until.items()):
            return True
        read = self._read(query)
        return all(read[p] >= end for p, end in until.items())

    def _read(self, query: "StreamingQuery") -> Offsets:
        """How far each partition has been read: further than the last epoch, where Spark came upon no record."""
        progress = query.lastProgress
        read = json.loads(progress["sources"][0]["endOffset"] or "{}") if progress else {}
        return {p: max(offset, read.get(str(p), 0)) for p, offset in self._offsets.items()}

    def _pass_over(self, query: "StreamingQuery") -> None:
        """Commit what Spark has read that held no record: no epoch hears of it. The turn is the caller's."""
        if self._failure is not None:
            return
        offsets, read = self._offsets, self._read(query)
        if gaps := tuple(Gap(p, offsets[p], end) for p, end in read.items() if end > offsets[p]):
            self._progress.commit((), gaps)
            self._offsets = dict(read)

    def _epoch(self, records: "DataFrame", number: int) -> None:
        """One micro-batch. `number` is Spark's own, and means nothing to the store."""
        with self._turn:
            if self._is_ending or self._failure is not None:
                return
            try:
                parts = effects_of(records, self._rules, self._progress.position.intakes)
                if parts:
                    for part in parts:
                        self._progress.heard(part.taken.partition)
                    self._progress.commit(parts)
                    self._offsets.update({part.taken.partition: part.taken.next_offset for part in parts})
            except (PySparkException, Py4JError) as error:
                self._failure = SparkFailed.of(str(error))
                self._failure.__cause__ = error
            except BaseException as error:  # noqa: BLE001 - it is raised where the query is waited for
                self._failure = error

    def _rest(self) -> None:
        """Nothing new is being worked on; a partition that has records which wait is not idle.

        A log that is away is not waited for longer than a moment: then none is.
        """
        if self._asked is None:
            self._asked = self._pool.submit(self._ends)
        if wait((self._asked,), _ATTENTION_SECONDS).not_done:
            self._progress.hold_out()
            return
        ends, self._asked = self._asked.result(), None
        for partition, end in ends.items():
            if end > self._offsets[partition]:
                self._progress.heard(partition)
        self._progress.rest()

    def _ends(self) -> Offsets:
        return {partition: self._source.log.end_offset(partition) for partition in self._offsets}

    def _explain(self, query: "StreamingQuery") -> None:
        """Raise what ended the query: what the log itself says, if it is the log."""
        for partition, offset in self._offsets.items():
            if self._source.log.end_offset(partition) > offset:
                self._source.log.read(partition, offset, 1)
        error = query.exception()
        raise SparkFailed.of(str(error) if error is not None else "the query ended")
