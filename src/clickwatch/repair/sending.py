"""Putting repaired records onto the log once each, whenever the process dies, and however often it is tried again.

Three steps, each durable before the next: the repair is written down in the store, with the place where the log ends;
the record is appended; the place where it stands is written down. Who comes after a crash looks through the log from
that end on: what is found there is only written down, what is not there has never been acknowledged.

Appending happens within a write transaction behind the fence of the lease. So whoever takes the lease over waits for
it, and a process that slept through the end of its lease cannot append any more.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from clickwatch.domain.place import Place
from clickwatch.eventlog.port import EventLog
from clickwatch.repair.searching import Search, digest, matched, sightings
from clickwatch.store import repairs
from clickwatch.store.database import Store
from clickwatch.store.kept_turns import Fence
from clickwatch.store.repairs import Repair

LEASE = "repair"


@dataclass(frozen=True)
class Parcel:
    """A record for a partition of the log, under its key, in place of the refused one at `place`."""

    place: Place
    partition: int
    key: bytes
    record: bytes


class Sender:
    """Repairs one batch after the other."""

    def __init__(
        self,
        store: Store,
        log: EventLog,
        fence: Fence,
        clock: Callable[[], int],
        on_step: Callable[[str], None] = lambda step: None,
    ) -> None:
        """`fence` is that of the lease that the caller holds; `clock` gives µs since the Unix epoch, UTC; `on_step`
        hears of each durable step after it.
        """
        self._store = store
        self._log = log
        self._fence = fence
        self._clock = clock
        self._on_step = on_step

    def settle(self, begun: Collection[Repair]) -> Search:
        """Find the records of repairs that were begun on the log, and write down where they stand."""
        result = look_up(self._store, self._log, begun)
        if result.found:
            with self._store.begin() as connection:
                self._fence(connection)
                repairs.finish(connection, result.found)
            self._on_step("finished")
        return result

    def send(self, parcels: Sequence[Parcel]) -> Mapping[Place, int]:
        """Append the records; the offset of each, by the place of the refused one.

        Raises SecondPipeline if the lease was taken over: then the records are not on the log.
        """
        begun = self._begun(parcels)
        with self._store.begin() as connection:
            self._fence(connection)
            repairs.begin(connection, begun)
        self._on_step("begun")
        with self._store.begin() as connection:
            self._fence(connection)
            for partition, lines, keys in _by_partition(parcels):
                self._log.append(partition, lines, keys)
                self._on_step("appended")
        return self.settle(begun).found

    def _begun(self, parcels: Sequence[Parcel]) -> list[Repair]:
        now = self._clock()
        ends = {partition: self._log.end_offset(partition) for partition in {parcel.partition for parcel in parcels}}
        return [
            Repair(
                partition=parcel.place.partition,
                offset=parcel.place.offset,
                sha256=digest(parcel.record),
                length=len(parcel.record),
                new_partition=parcel.partition,
                search_from=ends[parcel.partition],
                begun_at=now,
            )
            for parcel in parcels
        ]


class Rehearsal:
    """Looks where a `Sender` would act, and changes nothing."""

    def __init__(self, store: Store, log: EventLog) -> None:
        self._store = store
        self._log = log

    def settle(self, begun: Collection[Repair]) -> Search:
        """Find the records of repairs that were begun on the log."""
        return look_up(self._store, self._log, begun)

    def send(self, parcels: Sequence[Parcel]) -> Mapping[Place, int]:
        """Sends nothing, so nothing stands anywhere."""
        return {}


def look_up(store: Store, log: EventLog, begun: Collection[Repair]) -> Search:
    """Where on the log the records of repairs stand; a record that repairs another one already is none of them."""
    seen = sightings(log, begun)
    with store.read() as connection:
        taken = repairs.repairing(connection, [sighting.place for sighting in seen])
    return matched(log, begun, seen, taken)


def _by_partition(parcels: Sequence[Parcel]) -> Iterator[tuple[int, bytes, list[bytes | None]]]:
    """The lines of each partition and their keys, in the order of the parcels."""
    ordered = sorted(parcels, key=lambda parcel: parcel.partition)
    for partition, each in groupby(ordered, key=lambda parcel: parcel.partition):
        mine = list(each)
        yield partition, b"".join(parcel.record + b"\n" for parcel in mine), [parcel.key for parcel in mine]
