"""Replaying a data set: a file in a known format goes onto the log, at full speed or at N times real time."""

from collections.abc import Callable, Iterator
from enum import StrEnum

from clickwatch.sources.batch import LineBatch
from clickwatch.sources.csvrows import BadRow
from clickwatch.sources.jsonlines import JsonLines
from clickwatch.sources.lines import LineCutter
from clickwatch.sources.opening import InputFile
from clickwatch.sources.pace import Pace
from clickwatch.sources.rees46 import Rees46
from clickwatch.sources.writer import LogWriter, deliver


class Format(StrEnum):
    """The formats that can be replayed."""

    CLICKWATCH = "clickwatch"
    REES46 = "rees46"


class Replay:
    """One data set on its way to the log, and what has come of it so far."""

    def __init__(
        self, source: InputFile, file_format: Format, writer: LogWriter, keyed: bool, pace: Pace | None
    ) -> None:
        """`keyed`: the log has more than one partition, or keeps keys. `pace`: None for full speed."""
        self.format = file_format
        self._source = source
        self._writer = writer
        self._pace = pace
        self._cutter = LineCutter()
        self._rows = Rees46() if file_format is Format.REES46 else None
        self._events = JsonLines(keyed, timed=pace is not None)

    @property
    def read(self) -> int:
        """Lines or rows that were dealt with: `appended + unreadable + too_long`."""
        return self.appended + self.unreadable + self.too_long

    @property
    def appended(self) -> int:
        """Records that the log has acknowledged."""
        return self._writer.events

    @property
    def too_long(self) -> int:
        """Lines that no log takes."""
        return self._cutter.too_long

    @property
    def unreadable(self) -> int:
        """CSV rows that cannot be read."""
        return 0 if self._rows is None else self._rows.unreadable

    @property
    def examples(self) -> list[BadRow]:
        """The first of the unreadable rows."""
        return [] if self._rows is None else self._rows.examples

    def run(self, stopping: Callable[[], bool]) -> Iterator[None]:
        """Append everything; yields after every append. Raises SourceError, StorageError, LogError."""
        return deliver(self._batches(), self._writer, self._pace, stopping)

    def _batches(self) -> Iterator[LineBatch]:
        blocks = self._cutter.blocks(self._source.pieces())
        if self._rows is None:
            yield from map(self._events.batch, blocks)
            return
        yield from map(self._rows.batch, blocks)
        yield self._rows.rest()
