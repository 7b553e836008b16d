"""An installation made ready to be scored: whether it has read all of the log, under the settings of the truth."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pyarrow as pa
from sqlalchemy import Connection

from clickwatch.archive.delta import DeltaArchive
from clickwatch.domain.known_truth import KnownTruth
from clickwatch.errors import NothingStreamed, TruthError
from clickwatch.serving.scoring.archive_rows import COLUMNS
from clickwatch.settings import AppSettings
from clickwatch.store import epochs
from clickwatch.wiring.chaos import decisive_settings
from clickwatch.wiring.home import Home
from clickwatch.wiring.log import open_log
from clickwatch.wiring.reading import reading

_STREAM = "Run: clickwatch stream --until-caught-up"


@contextmanager
def to_be_scored(settings: AppSettings, truth: KnownTruth) -> Iterator[tuple[Connection, pa.Table]]:
    """A snapshot of the store, and the archive's rows up to its last epoch.

    Raises TruthError if the settings are not those of the truth, if there is more or less on the log, or if not all
    of it has been processed and archived.
    """
    home = Home(settings.clickwatch_home.expanduser().absolute())
    with ExitStack() as opened:
        try:
            connection = opened.enter_context(reading(settings))
        except NothingStreamed as error:
            raise TruthError(f"Nothing has been streamed yet in {home.folder}", _STREAM) from error
        _check_settings(connection, settings, truth)
        _check_log(settings, truth)
        _check_progress(connection, truth)
        yield connection, _archive(home, epochs.last_epoch(connection))


def _check_settings(connection: Connection, settings: AppSettings, truth: KnownTruth) -> None:
    """The alert's bounds are those that are set now; the others those that the stream was begun with."""
    recorded = json.loads(epochs.fingerprint(connection) or "{}")
    used = decisive_settings(settings)
    used |= {name: value for name, value in recorded.items() if name in used}
    different = [
        f"{name} is {used.get(name, 'not set')} and was {value}"
        for name, value in truth.settings.items()
        if used.get(name) != value
    ]
    if different:
        raise TruthError(
            f"The truth is for other settings: {', '.join(different)}",
            "Set them as they were when the chaos was made, in a home that was streamed so",
        )


def _check_log(settings: AppSettings, truth: KnownTruth) -> None:
    with closing(open_log(settings)) as log:
        ends = {partition: log.end_offset(partition) for partition in range(log.partitions)}
    if ends != {each.partition: each.bytes for each in truth.partitions}:
        raise TruthError(
            "The log of this home holds something else than the truth is about",
            "Name the truth file that was made with this log; after more records were added there is none",
        )


def _check_progress(connection: Connection, truth: KnownTruth) -> None:
    progress = epochs.progress(connection)
    for each in truth.partitions:
        place = progress.get(each.partition)
        read = place.next_offset if place else 0
        if read < each.bytes:
            raise TruthError(
                f"Not all of the log has been processed: "
                f"{read:,} of {each.bytes:,} bytes of partition {each.partition}",
                _STREAM,
            )


def _archive(home: Home, last_epoch: int) -> pa.Table:
    archive = DeltaArchive.open(home.archive, create=False)
    snapshot = archive.snapshot()
    if snapshot.last_epoch < last_epoch:
        raise TruthError(
            f"The archive holds the epochs up to {snapshot.last_epoch}, and the store is at {last_epoch}",
            f"Stop the stream, or wait for it. {_STREAM}",
        )
    return snapshot.to_arrow(columns=list(COLUMNS))
