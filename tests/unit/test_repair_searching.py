"""Which record of the log belongs to which repair."""

from clickwatch.domain.place import Place
from clickwatch.repair.searching import Search, digest, matched, sightings
from clickwatch.store.repairs import Repair
from tests.support.memory_log import Entry, MemoryLog

SAME = b"the same bytes"
LINE = len(SAME) + 1
"""Offsets in a partition that holds nothing else are multiples of this."""


def log_of(*partitions: list[bytes]) -> MemoryLog:
    return MemoryLog([[Entry(0, raw) for raw in records] for records in partitions], cut=lambda: 2)


def repair(number: int, record: bytes = SAME, *, partition: int = 0, search_from: int = 0) -> Repair:
    return Repair(0, number, digest(record), len(record), partition, search_from, begun_at=0)


def searched(log: MemoryLog, *begun: Repair, taken: tuple[Place, ...] = ()) -> Search:
    return matched(log, begun, sightings(log, begun), taken)


def test_a_record_is_known_by_its_bytes_and_not_by_its_length() -> None:
    log = log_of([b"other bytes...", SAME, b"short"])
    assert searched(log, repair(1)) == Search({Place(0, 1): LINE}, frozenset())


def test_a_record_is_looked_for_on_its_own_partition() -> None:
    log = log_of([SAME], [b"x", SAME])
    assert searched(log, repair(1, partition=1)).found == {Place(0, 1): 2}
    assert searched(log_of([SAME], [b"x"]), repair(1, partition=1)).found == {}


def test_repairs_of_the_same_bytes_get_a_record_each() -> None:
    log = log_of([SAME, SAME])
    assert searched(log, repair(1), repair(2), repair(3)).found == {Place(0, 1): 0, Place(0, 2): LINE}


def test_a_record_before_the_place_where_the_log_ended_is_somebody_elses() -> None:
    # log       0      1      2
    # first     └─ from here on
    # second           └─ from here on
    log = log_of([SAME, SAME, SAME])
    first, second = repair(1, search_from=LINE), repair(2, search_from=2 * LINE)
    assert searched(log, first).found == {Place(0, 1): LINE}
    assert searched(log, second, first).found == {Place(0, 1): LINE, Place(0, 2): 2 * LINE}
    assert searched(log_of([SAME, SAME]), second, repair(0)).found == {Place(0, 0): 0}


def test_a_later_repair_does_not_take_a_record_from_before_it() -> None:
    # Both look for the same bytes; the only record stands before the place from which the second one looks.
    log = log_of([b"x" * (LINE - 1), SAME, b"x" * (LINE - 1)])
    early, late = repair(1, b"never sent", search_from=0), repair(2, search_from=2 * LINE)
    assert searched(log, early, late) == Search({}, frozenset())


def test_a_record_that_repairs_another_one_already_is_not_taken_again() -> None:
    log = log_of([SAME, SAME])
    assert searched(log, repair(1), taken=(Place(0, 0),)).found == {Place(0, 1): LINE}
    assert searched(log, repair(1), taken=(Place(0, 0), Place(0, LINE))).found == {}


def test_a_repair_of_nothing_but_a_log_without_records_is_not_found() -> None:
    assert searched(log_of([]), repair(1)) == Search({}, frozenset())
    assert searched(log_of([SAME])) == Search({}, frozenset())
