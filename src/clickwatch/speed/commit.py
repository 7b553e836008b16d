"""The commit of an epoch: results and offsets in one transaction, under the pipeline's lease."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from clickwatch.speed.alerts.lifecycle import AlertBook
from clickwatch.speed.effects import Epoch, PartitionEffects
from clickwatch.store import accounting, epochs, leases, quarantine, requests, totals, windows
from clickwatch.store.database import Store

LEASE = leases.PIPELINE
LEASE_TTL = 30_000_000
"""How long a silent pipeline on another machine keeps its place, in µs."""


@dataclass(frozen=True)
class Lease:
    """The right to write, as a fencing token; an older token can no longer commit."""

    token: int
    ttl: int = LEASE_TTL


class EpochCommitter:
    """Writes epochs and closings to the store."""

    def __init__(
        self, store: Store, lease: Lease, alerts: AlertBook, fingerprint: str, clock: Callable[[], int]
    ) -> None:
        """`clock` gives µs since the Unix epoch, UTC."""
        self._store = store
        self._lease = lease
        self._alerts = alerts
        self._fingerprint = fingerprint
        self._clock = clock

    def commit(self, epoch: Epoch, archived: int) -> int:
        """All effects of an epoch, or none. Epochs up to `archived` need no longer be known.

        A store that is away is waited for. Returns the epoch that the archive is wanted to reach. Raises
        SecondPipeline if another pipeline took over.
        """

        def work(connection: Connection, again: bool) -> int:
            self._renew(connection)
            # Under this lease nobody else can have written it: then it is the one whose answer was lost.
            if not (again and epochs.last_epoch(connection) == epoch.number):
                self._write(connection, epoch, archived)
            return requests.asked(connection, requests.ARCHIVE_THROUGH)

        return self._store.transact(work)

    def wanted(self) -> int:
        """The epoch that the archive is wanted to reach; looked up without writing."""
        return self._store.look(lambda connection: requests.asked(connection, requests.ARCHIVE_THROUGH))

    def close(self, last_epoch: int, frontier: int, archived: int) -> None:
        """Close windows without new records: the partitions are idle. `frontier` in µs."""

        def work(connection: Connection, again: bool) -> None:
            self._renew(connection)
            self._close(connection, last_epoch, None, frontier, self._clock())
            epochs.prune(connection, archived)

        self._store.transact(work)

    def renew(self, archived: int) -> None:
        """Keep the lease while there is nothing to write."""

        def work(connection: Connection, again: bool) -> None:
            self._renew(connection)
            epochs.prune(connection, archived)

        self._store.transact(work)

    def _renew(self, connection: Connection) -> None:
        leases.renew(connection, LEASE, self._lease.token, self._clock(), self._lease.ttl)

    def _write(self, connection: Connection, epoch: Epoch, archived: int) -> None:
        now = self._clock()
        epochs.claim(connection, epoch.number, self._fingerprint, now, [_range(part) for part in epoch.parts])
        epochs.save_progress(connection, [_progress(part) for part in epoch.parts])
        for part in epoch.parts:
            if part.taken.received:
                self._add(connection, epoch.number, part, now)
        self._close(connection, epoch.number, epoch.touched(), epoch.frontier, now)
        epochs.prune(connection, archived)

    def _add(self, connection: Connection, number: int, part: PartitionEffects, now: int) -> None:
        taken = part.taken
        windows.add(connection, number, part.deltas.windows, now)
        totals.add(connection, part.deltas.hours)
        accounting.add(connection, taken.partition, _counts(part))
        quarantine.add(
            connection,
            number,
            [quarantine.quarantined(taken.partition, r.offset, r.log_time, r.reason, r.raw) for r in taken.refused],
        )

    def _close(
        self, connection: Connection, epoch: int, touched: tuple[int, int] | None, frontier: int | None, now: int
    ) -> None:
        if frontier is not None:
            windows.close(connection, frontier)
        self._alerts.update(connection, epoch, touched, frontier, now)


def _range(part: PartitionEffects) -> epochs.EpochRange:
    taken = part.taken
    return epochs.EpochRange(
        partition=taken.partition,
        start_offset=taken.start_offset,
        end_offset=taken.next_offset,
        watermark_before=taken.watermark_before,
        accepted=len(taken.events),
    )


def _progress(part: PartitionEffects) -> epochs.PartitionProgress:
    taken = part.taken
    return epochs.PartitionProgress(taken.partition, taken.next_offset, taken.watermark_after)


def _counts(part: PartitionEffects) -> accounting.Counts:
    taken = part.taken
    return accounting.Counts(
        received=taken.received,
        accepted=len(taken.events),
        duplicate=taken.duplicates,
        on_time=len(taken.events) - taken.late,
        late=taken.late,
        rejected=taken.reasons,
    )
