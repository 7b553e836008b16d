"""From batches to the log: each record onto the partition of its key, in order, one append per partition."""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from clickwatch.errors import NotDelivered
from clickwatch.eventlog.port import EventLog
from clickwatch.sources.batch import LineBatch, joined
from clickwatch.sources.pace import Pace
from clickwatch.sources.partitioning import partitions_of


class LogWriter:
    """Appends batches to a log and counts what the log has acknowledged (`events`, `bytes`)."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._known = pa.array([], pa.binary())
        self._known_partitions = np.zeros(0, dtype=np.int64)
        self.events = 0
        self.bytes = 0

    def write(self, batch: LineBatch) -> None:
        """Append a batch; a record without a key goes by its own bytes. Raises what the log raises."""
        keys = self._keys(batch)
        if self._log.partitions == 1:
            self._append(0, batch.lines, keys)
            return
        partition = self._partitions(batch)
        order = np.argsort(partition, kind="stable")
        lines = batch.lines.take(pa.array(order))
        keys = None if keys is None else keys[order]
        bounds = np.searchsorted(partition[order], np.arange(self._log.partitions + 1))
        for number, (start, stop) in enumerate(pairwise(bounds.tolist())):
            if start < stop:
                self._append(number, lines.slice(start, stop - start), None if keys is None else keys[start:stop])

    def _append(self, partition: int, lines: pa.Array, keys: NDArray[np.object_] | None) -> None:
        data = joined(lines)
        try:
            self._log.append(partition, data, None if keys is None else keys.tolist())
        except NotDelivered as failure:
            missing = lines.take(pa.array(failure.missing, pa.int64()))
            self._count(len(lines) - len(missing), len(data) - len(joined(missing)))
            raise
        self._count(len(lines), len(data))

    def _count(self, events: int, size: int) -> None:
        self.events += events
        self.bytes += size

    def _keys(self, batch: LineBatch) -> NDArray[np.object_] | None:
        """The key of each record (bytes or None), for a log that keeps them."""
        if batch.keys is None or not self._log.keyed:
            return None
        names = np.array([*batch.keys.dictionary.to_pylist(), None], dtype=object)
        chosen: NDArray[np.object_] = names[np.asarray(batch.keys.indices.fill_null(len(names) - 1))]
        return chosen

    def _partitions(self, batch: LineBatch) -> NDArray[np.uint16]:
        if batch.keys is None:
            return partitions_of(_bare(batch.lines), self._log.partitions).astype(np.uint16)
        if not batch.keys.dictionary.equals(self._known):
            self._known = batch.keys.dictionary
            self._known_partitions = partitions_of(self._known, self._log.partitions)
        keyless = np.asarray(batch.keys.is_null())
        codes = np.asarray(batch.keys.indices.fill_null(0))
        partition = np.zeros(len(batch), dtype=np.uint16)
        partition[~keyless] = self._known_partitions[codes[~keyless]]
        if keyless.any():
            own = _bare(batch.lines.filter(pa.array(keyless)))
            partition[keyless] = partitions_of(own, self._log.partitions)
        return partition


def _bare(lines: pa.Array) -> pa.Array:
    """The records without their line ends."""
    return pc.binary_slice(lines, 0, -1)


def deliver(
    batches: Iterable[LineBatch], writer: LogWriter, pace: Pace | None, stopping: Callable[[], bool]
) -> Iterator[None]:
    """Write all batches, paced or at once; yields after every append so that progress can be shown.

    Stops between two appends when `stopping` says so: what the writer has counted is on the log, whole.
    """
    for batch in batches:
        if stopping():
            return
        for part in (batch,) if pace is None else pace.parts(batch):
            if len(part):
                writer.write(part)
            yield
