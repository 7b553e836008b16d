"""A message that may have reached people, although nobody noted it: what takes it back is sent."""

import time
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import pytest

from clickwatch.domain.window import MINUTE
from clickwatch.errors import StoreError
from clickwatch.speed.alerts.back_off import BackOff
from clickwatch.speed.alerts.dispatch import Dispatcher
from clickwatch.speed.alerts.handlers.port import DeliveryError, DeliveryUncertain, PartlyDelivered
from clickwatch.speed.alerts.message import AlertMessage
from clickwatch.speed.alerts.reading import DeliveryRow, list_deliveries
from clickwatch.store.opening import open_store
from clickwatch.store.sqlite.file import SqliteFile
from tests.support.alert_stream import BASE, AlertStream, Inbox
from tests.support.processes import child

ALERT = {("P", 0): (150, 0)}
PURCHASES = {("P", 0): (0, 5)}


@pytest.fixture
def stream(tmp_path: Path) -> AlertStream:
    return AlertStream.at(tmp_path)


class Lost(Inbox):
    """Takes messages and does not answer while `is_lost`; `meanwhile` withdraws the alert during the delivery."""

    def __init__(self, stream: AlertStream, error: type[DeliveryError], withdrawn: bool) -> None:
        super().__init__()
        self._stream = stream
        self._error = error
        self._withdrawn = withdrawn
        self.is_lost = True

    def deliver(self, message: AlertMessage, delivery_id: str) -> None:
        super().deliver(message, delivery_id)
        if self.is_lost:
            if self._withdrawn:
                self._stream.epoch(PURCHASES)
            raise self._error("no answer")


def row(stream: AlertStream, kind: str) -> DeliveryRow:
    """The delivery of a kind, of the one episode there is."""
    with stream.store.read() as c:
        (found,) = [row for row in list_deliveries(c) if row.kind == kind]
    return found


def courier(folder: Path, pipe: Connection) -> None:
    """Delivers to somebody who takes the message, tells of it, and never comes back."""

    class Killed(Inbox):
        def deliver(self, message: AlertMessage, delivery_id: str) -> None:
            pipe.send(delivery_id)
            time.sleep(600)

    store = open_store(SqliteFile(folder / "store.db"), create=False)
    Dispatcher(store, Killed(), lambda: BASE + 10 * MINUTE, Random(1)).deliver_due()


def test_a_beginning_withdrawn_while_it_is_handed_over_and_the_process_killed_is_corrected(
    stream: AlertStream, tmp_path: Path
) -> None:
    stream.epoch(ALERT)
    with child(courier, tmp_path) as (process, pipe):
        handed_over = pipe.recv()
        stream.epoch(PURCHASES)
        process.kill()
        process.join()
    assert row(stream, "beginning").delivery_id == handed_over
    assert (row(stream, "beginning").status, row(stream, "beginning").attempts) == ("cancelled", 1)
    inbox = Inbox()
    assert stream.dispatcher(inbox).deliver_due() == 1
    assert inbox.kinds == ["correction"]


def test_after_a_kill_a_beginning_that_still_stands_is_handed_over_again_under_its_id(
    stream: AlertStream, tmp_path: Path
) -> None:
    stream.epoch(ALERT)
    with child(courier, tmp_path) as (process, pipe):
        handed_over = pipe.recv()
        process.kill()
        process.join()
    inbox = Inbox()
    stream.dispatcher(inbox).deliver_due()
    assert [name for name, _ in inbox.messages] == [handed_over]
    assert (row(stream, "beginning").status, row(stream, "beginning").attempts) == ("delivered", 2)


def test_after_a_kill_a_beginning_withdrawn_before_the_next_attempt_is_corrected(
    stream: AlertStream, tmp_path: Path
) -> None:
    stream.epoch(ALERT)
    with child(courier, tmp_path) as (process, pipe):
        pipe.recv()
        process.kill()
        process.join()
    stream.epoch(PURCHASES)
    inbox = Inbox()
    stream.dispatcher(inbox).deliver_due()
    assert inbox.kinds == ["correction"]


@pytest.mark.parametrize(("error", "kinds"), [(DeliveryUncertain, ["correction"]), (DeliveryError, [])])
@pytest.mark.parametrize("is_withdrawn_during_it", [True, False])
def test_a_beginning_without_an_answer_is_corrected_and_a_refused_one_is_not(
    stream: AlertStream, error: type[DeliveryError], kinds: list[str], is_withdrawn_during_it: bool
) -> None:
    inbox = Lost(stream, error, is_withdrawn_during_it)
    dispatcher = stream.dispatcher(inbox)
    stream.epoch(ALERT)
    assert dispatcher.deliver_due() == 1
    assert row(stream, "beginning").last_error == "no answer"
    if not is_withdrawn_during_it:
        stream.epoch(PURCHASES)
    inbox.is_lost = False
    dispatcher.deliver_due()
    assert inbox.kinds == ["beginning", *kinds]
    assert row(stream, "beginning").status == "cancelled"
    assert row(stream, "correction").status == ("delivered" if kinds else "cancelled")


def test_a_refusal_after_an_attempt_without_an_answer_does_not_make_it_certain(stream: AlertStream) -> None:
    inbox = Lost(stream, DeliveryUncertain, withdrawn=False)
    dispatcher = stream.dispatcher(inbox)
    stream.epoch(ALERT)
    dispatcher.deliver_due()
    stream.now = row(stream, "beginning").next_attempt_at
    inbox.is_lost, inbox.broken = False, True
    dispatcher.deliver_due()
    assert row(stream, "beginning").last_error == "nobody answers"
    stream.epoch(PURCHASES)
    inbox.broken = False
    dispatcher.deliver_due()
    assert inbox.kinds == ["beginning", "correction"]


@pytest.mark.parametrize(("error", "kinds"), [(DeliveryUncertain, ["end"]), (DeliveryError, [])])
def test_the_end_of_a_beginning_given_up_is_told_to_those_who_may_have_it(
    stream: AlertStream, error: type[DeliveryError], kinds: list[str]
) -> None:
    inbox = Lost(stream, error, withdrawn=False)
    dispatcher = stream.dispatcher(inbox, BackOff(attempts=1))
    stream.epoch(ALERT)
    dispatcher.deliver_due()
    assert row(stream, "beginning").status == "failed"
    inbox.is_lost = False
    stream.epoch(close_through=1)
    dispatcher.deliver_due()
    assert inbox.kinds == ["beginning", *kinds]


def test_a_message_that_the_stream_cancels_just_before_is_not_handed_over(
    stream: AlertStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox()
    dispatcher = stream.dispatcher(inbox)
    stream.epoch(ALERT)
    read_due = Dispatcher._read_due

    def cancelled_meanwhile(self: Dispatcher, limit: int) -> object:
        due = read_due(self, limit)
        if [row.kind for row in due] == ["beginning"]:
            stream.epoch(PURCHASES)
        return due

    monkeypatch.setattr(Dispatcher, "_read_due", cancelled_meanwhile)
    assert dispatcher.deliver_due() == 2
    assert inbox.messages == []
    assert (row(stream, "beginning").status, row(stream, "correction").status) == ("cancelled", "cancelled")


def test_a_store_that_fails_after_the_hand_over_repeats_no_message(
    stream: AlertStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    class LocksTheStore(Inbox):
        def deliver(self, message: AlertMessage, delivery_id: str) -> None:
            super().deliver(message, delivery_id)
            monkeypatch.setattr(stream.store, "begin", _locked)

    inbox = LocksTheStore()
    dispatcher = stream.dispatcher(inbox)
    stream.epoch(ALERT)
    for _ in range(3):
        with pytest.raises(StoreError):
            dispatcher.deliver_due()
    monkeypatch.undo()
    assert dispatcher.deliver_due() == 0
    assert inbox.kinds == ["beginning"]
    assert row(stream, "beginning").status == "delivered"


def _locked() -> None:
    raise StoreError("Another process keeps the store locked")


def test_a_message_that_some_got_is_delivered_and_says_who_did_not_get_it(stream: AlertStream) -> None:
    class Partly(Inbox):
        def deliver(self, message: AlertMessage, delivery_id: str) -> None:
            super().deliver(message, delivery_id)
            raise PartlyDelivered("ann@example.com was refused\x1b[2J")

    inbox = Partly()
    dispatcher = stream.dispatcher(inbox)
    stream.epoch(ALERT)
    dispatcher.deliver_due()
    stream.now += 60 * MINUTE
    dispatcher.deliver_due()
    assert inbox.kinds == ["beginning"]
    beginning = row(stream, "beginning")
    assert (beginning.status, beginning.last_error) == ("delivered", "ann@example.com was refused\\x1b[2J")
