"""Looking through the log for the records of repairs that were begun: they are known by their digests."""

import hashlib
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clickwatch.domain.place import Place
from clickwatch.eventlog.port import EventLog, RecordBlock
from clickwatch.store.repairs import Repair

_BLOCK_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Sighting:
    """A record of the log that has the digest of a repair."""

    place: Place
    sha256: str


@dataclass(frozen=True)
class Search:
    """What came of a search: the offset of each repair's record, by the refused record's place.

    Those that are `lost` may have stood where the log is gone.
    """

    found: Mapping[Place, int]
    lost: frozenset[Place]


def digest(record: bytes) -> str:
    """What a record is known by: its SHA-256 in hex."""
    return hashlib.sha256(record).hexdigest()


def sightings(log: EventLog, begun: Collection[Repair]) -> list[Sighting]:
    """The records of the log that may be those of repairs, in the order of the log. Raises LogError, StorageError."""
    seen: list[Sighting] = []
    for partition in sorted({repair.new_partition for repair in begun}):
        mine = [repair for repair in begun if repair.new_partition == partition]
        seen += _in_partition(log, partition, mine)
    return seen


def matched(log: EventLog, begun: Collection[Repair], seen: Collection[Sighting], taken: Collection[Place]) -> Search:
    """Give each repair the first record of its own: at `search_from` or later, and at none of the `taken` places."""
    free: dict[tuple[int, str], deque[int]] = {}
    for sighting in seen:
        if sighting.place not in taken:
            free.setdefault((sighting.place.partition, sighting.sha256), deque()).append(sighting.place.offset)
    found: dict[Place, int] = {}
    lost: set[Place] = set()
    for repair in sorted(begun, key=lambda repair: (repair.search_from, repair.place)):
        offsets = free.get((repair.new_partition, repair.sha256), deque())
        while offsets and offsets[0] < repair.search_from:
            offsets.popleft()  # nor is it any later repair's: they search from here on, or further
        if offsets:
            found[repair.place] = offsets.popleft()
        elif repair.search_from < log.start_offset(repair.new_partition):
            lost.add(repair.place)
    return Search(found, frozenset(lost))


def _in_partition(log: EventLog, partition: int, begun: Collection[Repair]) -> Iterator[Sighting]:
    lengths = np.array(sorted({repair.length for repair in begun}), np.int64)
    wanted = {repair.sha256 for repair in begun}
    offset = max(log.start_offset(partition), min(repair.search_from for repair in begun))
    end = log.end_offset(partition)
    while offset < end:
        block = log.read(partition, offset, _BLOCK_BYTES, end)
        yield from _in_block(block, lengths, wanted)
        offset = block.next_offset


def _in_block(block: RecordBlock, lengths: NDArray[np.int64], wanted: Collection[str]) -> Iterator[Sighting]:
    """Only records of the right length are looked at one by one."""
    for index in np.flatnonzero(np.isin(block.ends - block.starts, lengths)).tolist():
        sha256 = digest(block.record(index))
        if sha256 in wanted:
            yield Sighting(Place(block.partition, int(block.offsets[index])), sha256)
