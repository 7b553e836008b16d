import re
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, event
from structlog.testing import capture_logs

from clickwatch.domain.window import MINUTE, SECOND
from clickwatch.errors import StoreError
from clickwatch.speed.alerts.back_off import BackOff
from clickwatch.speed.alerts.dispatch import Dispatcher, cancel_unchosen
from clickwatch.speed.alerts.message import AlertMessage
from clickwatch.speed.alerts.reading import DeliveryRow, list_deliveries
from clickwatch.speed.courier_thread import CourierThread, stop_all
from tests.support.alert_stream import AlertStream, Inbox


@pytest.fixture
def stream(tmp_path: Path) -> AlertStream:
    return AlertStream.at(tmp_path, handlers=("console", "file"))


def rows(stream: AlertStream) -> dict[str, DeliveryRow]:
    """Handler -> its only delivery."""
    with stream.store.read() as c:
        return {row.handler: row for row in list_deliveries(c)}


def test_delays_double_up_to_the_cap_and_then_it_gives_up() -> None:
    delays = [BackOff(jitter=0.0).delay(failures, Random(1)) for failures in range(1, 13)]
    assert delays == [seconds * SECOND for seconds in (2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300)] + [None]


def test_jitter_shortens_a_delay_by_a_fifth_at_most() -> None:
    random = Random(1)
    delays = {BackOff().delay(3, random) or 0 for _ in range(100)}
    assert len(delays) > 50
    assert 6.4 * SECOND <= min(delays) <= max(delays) <= 8 * SECOND


def test_what_waits_for_other_handlers_is_not_passed_over_in_every_look(stream: AlertStream) -> None:
    looks: list[tuple[str, Any]] = []

    def heard(c: object, cursor: object, statement: str, parameters: Any, *rest: object) -> None:
        if statement.startswith("SELECT deliveries"):
            looks.append((statement, parameters))

    stream.epoch({("P", 0): (150, 0)})
    event.listen(stream.store.engine, "before_cursor_execute", heard)
    assert stream.dispatcher(Inbox("file")).deliver_due() == 1
    event.remove(stream.store.engine, "before_cursor_execute", heard)
    with stream.store.read() as c:
        plans = [c.exec_driver_sql(f"explain query plan {text}", values).all() for text, values in looks]
    assert plans and all("deliveries_by_handler" in str(plan) for plan in plans)


def test_a_failing_handler_is_tried_again_later_and_the_other_is_not_affected(stream: AlertStream) -> None:
    good, bad = Inbox("console"), Inbox("file")
    bad.broken = True
    dispatcher = stream.dispatcher(bad)
    stream.epoch({("P", 0): (150, 0)})
    waits = []
    for _ in range(4):
        assert dispatcher.deliver_due() >= 1
        assert dispatcher.deliver_due() == 0
        waits.append(rows(stream)["file"].next_attempt_at - stream.now)
        stream.now = rows(stream)["file"].next_attempt_at
    assert waits == sorted(set(waits))
    bad.broken = False
    dispatcher.deliver_due()
    assert stream.dispatcher(good).deliver_due() == 1
    assert (good.kinds, bad.kinds) == (["beginning"], ["beginning"])
    delivered = rows(stream)["file"]
    assert (delivered.status, delivered.attempts, delivered.last_error) == ("delivered", 5, None)
    assert delivered.delivered_at == stream.now


def test_a_delivery_that_never_works_ends_as_failed_with_its_reason(stream: AlertStream) -> None:
    bad = Inbox("file")
    bad.broken = True
    dispatcher = stream.dispatcher(bad, back_off=BackOff(attempts=3))
    stream.epoch({("P", 0): (150, 0)})
    for _ in range(5):
        dispatcher.deliver_due()
        stream.now += 10 * MINUTE
    failed = rows(stream)["file"]
    assert (failed.status, failed.attempts, failed.last_error) == ("failed", 3, "nobody answers")
    assert bad.attempts == 3


def test_an_os_error_of_a_handler_is_a_failure_like_any_other(stream: AlertStream) -> None:
    class Full(Inbox):
        def deliver(self, message: AlertMessage, delivery_id: str) -> None:
            raise OSError(28, "No space left on device\x1b[2J")

    stream.epoch({("P", 0): (150, 0)})
    assert stream.dispatcher(Full("file")).deliver_due() == 1
    assert rows(stream)["file"].last_error == "[Errno 28] No space left on device\\x1b[2J"


def test_a_dead_handler_is_asked_once_per_round_however_much_waits(stream: AlertStream) -> None:
    dead = Inbox("file")
    dead.broken = True
    stream.epoch({(f"P{i}", 0): (150, 0) for i in range(10)})
    assert stream.dispatcher(dead).deliver_due() == 1
    assert dead.attempts == 1


def test_what_is_due_is_looked_for_a_few_times_however_much_it_is(
    stream: AlertStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    read = stream.store.read

    def counted() -> AbstractContextManager[Connection]:
        looks.append(1)
        return read()

    monkeypatch.setattr(stream.store, "read", counted)
    inbox = Inbox("file")
    stream.epoch({(f"P{number}", 0): (150, 0) for number in range(90)})
    assert stream.dispatcher(inbox).deliver_due() == 90
    assert len(inbox.messages) == 90
    assert len(looks) <= 5


def test_messages_for_a_handler_that_is_not_chosen_any_more_are_cancelled(stream: AlertStream) -> None:
    stream.epoch({("P", 0): (150, 0)})
    with capture_logs() as said:
        assert cancel_unchosen(stream.store, ["file"]) == 1
        assert cancel_unchosen(stream.store, ["file"]) == 0
    assert [(line["event"], line["count"]) for line in said] == [("waiting alerts cancelled", 1)]
    assert {name: row.status for name, row in rows(stream).items()} == {"console": "cancelled", "file": "pending"}


def test_a_store_that_cannot_be_written_repeats_no_message(
    stream: AlertStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox("file")
    dispatcher = stream.dispatcher(inbox)
    stream.epoch({("P", 0): (150, 0)})
    with monkeypatch.context() as locked:
        locked.setattr(stream.store, "begin", _locked)
        for _ in range(3):
            with pytest.raises(StoreError):
                dispatcher.deliver_due()
    dispatcher.deliver_due()
    assert inbox.kinds == ["beginning"]
    assert rows(stream)["file"].status == "delivered"


def _locked() -> None:
    raise StoreError("Another process keeps the store locked")


def test_the_thread_delivers_what_an_epoch_wrote_and_drains_when_it_stops(stream: AlertStream) -> None:
    came = threading.Event()

    class Bell(Inbox):
        def deliver(self, message: AlertMessage, delivery_id: str) -> None:
            super().deliver(message, delivery_id)
            came.set()

    inbox = Bell("file")
    thread = CourierThread(stream.dispatcher(inbox), poll=0.01)
    thread.start()
    stream.epoch({("P", 0): (150, 0)})
    assert came.wait(30)
    stream.epoch({(f"Q{i}", 0): (150, 0) for i in range(40)}, close_through=1)
    assert stop_all([thread], drain=60)
    assert (inbox.kinds.count("beginning"), inbox.kinds.count("end")) == (41, 41)


def test_an_error_that_no_handler_may_raise_puts_off_its_message_and_ends_nothing(stream: AlertStream) -> None:
    class Faulty(Inbox):
        def deliver(self, message: AlertMessage, delivery_id: str) -> None:
            if message.product_id == "P":
                raise ValueError("https://hooks.example.com/XsecretX")
            super().deliver(message, delivery_id)
            came.set()

    came = threading.Event()
    thread = CourierThread(stream.dispatcher(Faulty("file")), poll=0.01)
    stream.epoch({("P", 0): (150, 0)})
    stream.now += SECOND
    stream.epoch({("Q", 0): (150, 0)})
    thread.start()
    assert came.wait(10)
    assert stop_all([thread], drain=60)
    with stream.store.read() as c:
        found = {row.product_id: row for row in list_deliveries(c) if row.handler == "file"}
    assert {name: row.status for name, row in found.items()} == {"P": "pending", "Q": "delivered"}
    assert re.fullmatch(r"an unforeseen ValueError \(test_dispatch\.py, line \d+\)", found["P"].last_error or "")
    assert found["P"].delivered_at is not None  # it may have reached people


def test_the_thread_goes_on_after_an_error_of_the_store(stream: AlertStream, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = threading.Event()
    deliver_due = Dispatcher.deliver_due

    def fail_once(dispatcher: Dispatcher, is_ending: Callable[[], bool]) -> int:
        if failed.is_set():
            return deliver_due(dispatcher, is_ending)
        failed.set()
        raise StoreError("Another process keeps the store locked")

    monkeypatch.setattr(Dispatcher, "deliver_due", fail_once)
    inbox = Inbox("file")
    stream.epoch({("P", 0): (150, 0)})
    thread = CourierThread(stream.dispatcher(inbox), poll=3600, pause=3600)
    thread.start()
    assert failed.wait(30)
    assert stop_all([thread], drain=60)
    assert inbox.kinds == ["beginning"]
