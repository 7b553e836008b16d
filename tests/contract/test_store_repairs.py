"""Repairs in the store: begun, finished, and no record of the log for two refused ones."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from clickwatch.domain.place import Place
from clickwatch.store import quarantine, repairs
from clickwatch.store.database import Store
from clickwatch.store.repairs import Repair
from tests.support import stores as fixtures

store, stores = fixtures.store, fixtures.stores

FIRST = Repair(0, 7, "a" * 64, 100, 1, search_from=50, begun_at=5)
SECOND = Repair(1, 2**40, "b" * 64, 32 * 1024, 1, search_from=2**41, begun_at=6)
BOTH = [FIRST.place, SECOND.place]


def test_a_repair_is_begun_and_then_finished(store: Store) -> None:
    with store.begin() as c:
        repairs.begin(c, [FIRST, SECOND])
        repairs.begin(c, [])
    with store.read() as c:
        assert repairs.of(c, BOTH) == {FIRST.place: FIRST, SECOND.place: SECOND}
        assert FIRST.new_place is None
    with store.begin() as c:
        repairs.finish(c, {FIRST.place: 60})
        repairs.finish(c, {})
    with store.read() as c:
        finished = repairs.of(c, BOTH)
    assert finished == {FIRST.place: replace(FIRST, new_offset=60), SECOND.place: SECOND}
    assert finished[FIRST.place].new_place == Place(1, 60)


def test_a_repair_that_came_to_nothing_is_begun_anew(store: Store) -> None:
    other = replace(FIRST, sha256="c" * 64, length=3, new_partition=0, search_from=90, begun_at=9)
    for repair in (FIRST, other):
        with store.begin() as c:
            repairs.begin(c, [repair])
    with store.read() as c:
        assert repairs.of(c, BOTH) == {other.place: other}


def test_a_finished_repair_is_never_begun_anew(store: Store) -> None:
    with store.begin() as c:
        repairs.begin(c, [FIRST])
        repairs.finish(c, {FIRST.place: 60})
        repairs.begin(c, [replace(FIRST, sha256="c" * 64, search_from=90)])
    with store.read() as c:
        assert repairs.of(c, BOTH) == {FIRST.place: replace(FIRST, new_offset=60)}


def test_one_record_of_the_log_repairs_one_refused_record(store: Store) -> None:
    with store.begin() as c:
        repairs.begin(c, [FIRST, SECOND])
        repairs.finish(c, {FIRST.place: 60})
    with pytest.raises(IntegrityError), store.begin() as c:
        repairs.finish(c, {SECOND.place: 60})
    with store.read() as c:
        assert repairs.of(c, BOTH)[SECOND.place] == SECOND


def test_the_records_that_repair_others_are_known_by_their_places(store: Store) -> None:
    with store.begin() as c:
        repairs.begin(c, [FIRST, SECOND])
        repairs.finish(c, {FIRST.place: 60})
    with store.read() as c:
        assert repairs.repairing(c, [Place(1, 60), Place(0, 60), Place(1, 61), *BOTH]) == {Place(1, 60)}


def test_many_places_are_looked_up_at_once(store: Store) -> None:
    every = [replace(FIRST, offset=number) for number in range(2_500)]
    with store.begin() as c:
        repairs.begin(c, every)
        repairs.finish(c, {repair.place: 100 + repair.offset for repair in every[::2]})
    places = [repair.place for repair in every]
    with store.read() as c:
        assert list(repairs.of(c, places)) == places
        assert len(repairs.repairing(c, [Place(1, 100 + number) for number in range(2_500)])) == 1_250


def test_quarantine_is_listed_by_reason_log_time_and_repair(store: Store) -> None:
    records = [
        quarantine.quarantined(0, 7, 10, "not_json", b"a"),
        quarantine.quarantined(0, 8, 20, "invalid:price", b"b"),
        quarantine.quarantined(1, 7, 30, "not_json", b"c"),
    ]
    with store.begin() as c:
        quarantine.add(c, 1, records)
        repairs.begin(c, [FIRST, replace(FIRST, partition=1)])
        repairs.finish(c, {FIRST.place: 60})
    with store.read() as c:
        assert list(quarantine.list_records(c, unrepaired=True)) == records[1:], (
            "one that is only begun is not repaired"
        )
        assert list(quarantine.list_records(c, since=20)) == records[1:]
        assert list(quarantine.list_records(c, until=20)) == records[:1]
        assert list(quarantine.list_records(c, since=10, until=30, reason="not_json")) == records[:1]
        assert list(quarantine.list_records(c, reason="not_json", unrepaired=True, limit=1)) == records[2:]


def test_one_refused_record_is_found_by_its_place(store: Store) -> None:
    record = quarantine.quarantined(0, 7, 10, "not_json", b"a")
    with store.begin() as c:
        quarantine.add(c, 1, [record])
    with store.read() as c:
        assert quarantine.at(c, record.place) == record
        assert quarantine.at(c, Place(1, 7)) is None
        assert quarantine.among(c, [record.place, Place(1, 7)]) == {record.place}
