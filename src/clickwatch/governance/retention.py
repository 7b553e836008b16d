"""Retention: everything whose time is over goes, kind by kind; what fails in one kind does not keep the others.

How time is counted is told in `domain.retention`. What is gone may be asked for again: a second run finds the rest.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from clickwatch.archive.delta import DeltaArchive
from clickwatch.archive.expiry import Expired
from clickwatch.domain.day import Day
from clickwatch.errors import ClickwatchError
from clickwatch.eventlog.local import LocalLog
from clickwatch.governance.removal import Removal
from clickwatch.governance.staged_results import staged_results
from clickwatch.governance.stored_rows import closed_windows, refused_records
from clickwatch.governance.user_rows import UserRows
from clickwatch.store.database import Store


@dataclass(frozen=True)
class Places:
    """All places of an installation that hold data with a time.

    `log` is None where the event log removes what is old by itself. `archive` opens the archive, and gives None where
    none has been made; `upkeep` gives the right to remove from it.
    `staging` holds a folder for each day's run.
    """

    store: Store
    log: LocalLog | None
    archive: Callable[[], DeltaArchive | None]
    upkeep: Callable[[], AbstractContextManager[object]]
    user_rows: UserRows
    staging: Path


@dataclass(frozen=True)
class Retention:
    """One look at all places at `now`, with everything to be kept for `keep`; both µs.

    `dry_run` changes nothing and says what would go. `on_kind` hears of each kind before it is looked at.
    """

    places: Places
    now: int
    keep: int
    dry_run: bool
    on_kind: Callable[[str], None]

    def run(self) -> Iterator[Removal]:
        """What each kind of data loses; a kind that cannot be done says why."""
        store, rules = self.places.store, (self.now, self.keep, self.dry_run)
        yield from self._tried("event log", self._log)
        yield from self._tried("archive", self._archive_and_users)
        yield from self._tried("refused records", lambda: [refused_records(store, *rules)])
        yield from self._tried("windows", lambda: [closed_windows(store, *rules)])
        yield from self._tried("staged results", lambda: [staged_results(self.places.staging, self.now, self.dry_run)])

    def _tried(self, kind: str, work: Callable[[], list[Removal]]) -> list[Removal]:
        self.on_kind(kind)
        try:
            return work()
        except ClickwatchError as error:
            return [Removal(kind, problem=str(error))]

    def _log(self) -> list[Removal]:
        if self.places.log is None:
            return []
        gone = self.places.log.retain(dry_run=self.dry_run)
        return [Removal("event log", "segments", gone.segments, gone.bytes)]

    def _archive_and_users(self) -> list[Removal]:
        """The archive first: what is about users goes with the events that it was made of."""
        gone, left = Expired(), None
        archive = self.places.archive()
        if archive is not None:
            with nullcontext() if self.dry_run else self.places.upkeep():
                gone = archive.expire(self.keep, dry_run=self.dry_run)
                left = archive.snapshot()
                if not self.dry_run:
                    archive.tidy(orphans=False)

        def archived(day: Day, last_epoch: int) -> int:
            return 0 if left is None else left.count(day.date, last_epoch, without=gone.paths)

        days = tuple(Day(each) for each in gone.days)
        users = self.places.user_rows
        outlived = users.outlived(self.now - self.keep, archived)
        return [Removal("archive", "files", gone.files, gone.bytes, days), *users.remove(outlived, self.dry_run)]
