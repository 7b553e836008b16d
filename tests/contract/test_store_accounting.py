"""Accounting and quarantine: every record is somewhere."""

import hashlib

import pytest
from sqlalchemy.exc import IntegrityError

from clickwatch.store import accounting, quarantine
from clickwatch.store.accounting import AccountingSheet, Counts, PartitionSheet
from clickwatch.store.database import Store
from tests.support import stores as fixtures

store, stores = fixtures.store, fixtures.stores


def test_a_new_store_has_counted_nothing(store: Store) -> None:
    with store.read() as c:
        assert accounting.total(c) == AccountingSheet()
        assert accounting.sheet(c) == []


def test_counts_of_epochs_and_partitions_add_up(store: Store) -> None:
    with store.begin() as c:
        accounting.add(c, 1, Counts(6, 3, 1, 2, 1, {"not_json": 2, "too_large": 0}))
        accounting.add(c, 0, Counts(1, 1, 0, 1, 0))
    with store.begin() as c:
        accounting.add(c, 1, Counts(2, 0, 0, 0, 0, {"not_json": 1, "invalid:price": 1}))
    with store.read() as c:
        assert accounting.sheet(c) == [
            PartitionSheet(0, AccountingSheet(1, 1, 0, 0, 1, 0)),
            PartitionSheet(1, AccountingSheet(8, 3, 1, 4, 2, 1, {"invalid:price": 1, "not_json": 3})),
        ]
        assert accounting.total(c) == AccountingSheet(9, 4, 1, 4, 3, 1, {"invalid:price": 1, "not_json": 3})


@pytest.mark.parametrize(
    ("counts", "rule"),
    [
        (Counts(5, 3, 1, 3, 0, {"not_json": 2}), "accounting_received"),
        (Counts(3, 3, 0, 1, 1), "accounting_accepted"),
    ],
)
@pytest.mark.parametrize("before", [False, True])
def test_counts_that_break_the_identity_are_refused(store: Store, counts: Counts, rule: str, before: bool) -> None:
    if before:
        with store.begin() as c:
            accounting.add(c, 0, Counts(1, 1, 0, 1, 0))
    with pytest.raises(IntegrityError, match=rule), store.begin() as c:
        accounting.add(c, 0, counts)
    with store.read() as c:
        assert accounting.total(c).received == int(before)


def test_a_refused_record_keeps_its_bytes_reason_and_place(store: Store) -> None:
    records = [
        quarantine.quarantined(0, 2**40, 5, "not_json", b'\x00\xff{"'),
        quarantine.quarantined(0, 7, 4, "invalid:price", b""),
        quarantine.quarantined(1, 0, 6, "not_json", b"x"),
    ]
    with store.begin() as c:
        quarantine.add(c, 1, records)
        quarantine.add(c, 1, [])
    with store.read() as c:
        assert list(quarantine.list_records(c)) == [records[1], records[0], records[2]]
        assert list(quarantine.list_records(c, reason="not_json", limit=1)) == [records[0]]


@pytest.mark.parametrize("length", [32 * 1024, 32 * 1024 + 1])
def test_of_a_record_above_32_kib_the_beginning_is_kept_and_the_digest_of_the_whole(length: int) -> None:
    raw = bytes(i % 251 for i in range(length))
    record = quarantine.quarantined(0, 0, 0, "too_large", raw)
    assert record.length == length
    assert record.raw == raw[: 32 * 1024]
    assert record.sha256 == (None if length == 32 * 1024 else hashlib.sha256(raw).hexdigest())


def test_a_place_in_the_log_is_quarantined_once(store: Store) -> None:
    with pytest.raises(IntegrityError), store.begin() as c:
        for epoch in (1, 2):
            quarantine.add(c, epoch, [quarantine.quarantined(0, 7, 4, "not_json", b"x")])
