"""Each handler has a thread of its own: one that hangs holds up neither the others nor the end."""

import threading
import time
from pathlib import Path

import pytest

from clickwatch.speed.alerts.message import AlertMessage
from clickwatch.speed.alerts.reading import list_deliveries
from clickwatch.speed.courier_thread import CourierThread, stop_all
from tests.support.alert_stream import AlertStream, Inbox


class Hanging(Inbox):
    """Takes a message and comes back only when it is let go."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.began, self.let_go = threading.Event(), threading.Event()

    def deliver(self, message: AlertMessage, delivery_id: str) -> None:
        self.began.set()
        self.let_go.wait(60)


class Slow(Inbox):
    """Takes a fifth of a second for each message."""

    def deliver(self, message: AlertMessage, delivery_id: str) -> None:
        time.sleep(0.2)
        super().deliver(message, delivery_id)


@pytest.fixture
def stream(tmp_path: Path) -> AlertStream:
    return AlertStream.at(tmp_path, handlers=("webhook", "file"))


def test_a_handler_that_hangs_holds_up_neither_the_other_nor_the_end(stream: AlertStream) -> None:
    hanging, inbox = Hanging("webhook"), Inbox("file")
    threads = [CourierThread(stream.dispatcher(handler), poll=0.01) for handler in (hanging, inbox)]
    for thread in threads:
        thread.start()
    stream.epoch({(f"P{number}", 0): (150, 0) for number in range(20)})
    assert hanging.began.wait(30)
    deadline = time.monotonic() + 30
    while len(inbox.messages) < 20 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert inbox.kinds == ["beginning"] * 20
    began = time.monotonic()
    assert not stop_all(threads, drain=0.2)
    assert time.monotonic() - began < 2.5
    hanging.let_go.set()
    with stream.store.read() as c:
        waiting = [row.handler for row in list_deliveries(c, "pending")]
    assert waiting.count("webhook") >= 19
    assert "file" not in waiting


def test_several_handlers_that_hang_do_not_add_up_at_the_end(stream: AlertStream) -> None:
    handlers = [Hanging("webhook"), Hanging("file")]
    threads = [CourierThread(stream.dispatcher(handler), poll=0.01) for handler in handlers]
    stream.epoch({("P", 0): (150, 0)})
    for thread in threads:
        thread.start()
    assert all(handler.began.wait(30) for handler in handlers)
    began = time.monotonic()
    assert not stop_all(threads, drain=0.2)
    assert time.monotonic() - began < 2.5
    for handler in handlers:
        handler.let_go.set()


def test_a_slow_handler_ends_after_the_message_that_it_is_at(stream: AlertStream) -> None:
    slow = Slow("webhook")
    thread = CourierThread(stream.dispatcher(slow), poll=0.01)
    stream.epoch({(f"P{number}", 0): (150, 0) for number in range(60)})
    thread.start()
    began = time.monotonic()
    assert stop_all([thread], drain=0.5)
    assert time.monotonic() - began < 3
    assert 1 <= len(slow.messages) < 10
    with stream.store.read() as c:
        delivered = [row for row in list_deliveries(c, "delivered") if row.handler == "webhook"]
    assert len(delivered) == len(slow.messages)
