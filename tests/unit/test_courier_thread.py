"""A courier's thread: whatever the courier raises, it is told and tried again."""

import re
import threading
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from clickwatch.errors import StoreError
from clickwatch.speed.courier_thread import CourierThread, stop_all

SECRET = "https://hooks.example.com/XsecretX"


class Failing:
    """Raises what it was given, one thing after the other, and then has nothing to do."""

    name = "somebody"

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.calls = 0
        self.got_on = threading.Event()

    def deliver_due(self, is_ending: Callable[[], bool]) -> int:
        self.calls += 1
        if self._errors:
            raise self._errors.pop(0)
        self.got_on.set()
        return 0


def test_a_courier_that_fails_as_nobody_foresaw_goes_on_and_each_time_is_told() -> None:
    courier = Failing(ValueError(SECRET), KeyError(SECRET), ValueError(SECRET))
    thread = CourierThread(courier, poll=0.01, pause=0.01)
    with capture_logs() as said:
        thread.start()
        assert courier.got_on.wait(10)
        assert stop_all([thread], drain=1)
    assert [line["event"] for line in said] == ["somebody failed"] * 3
    kinds = [re.sub(r"test_courier_thread\.py, line \d+", "here", line["reason"]) for line in said]
    assert kinds == [f"an unforeseen {kind} (here)" for kind in ("ValueError", "KeyError", "ValueError")]
    assert SECRET not in str(said)


@pytest.mark.parametrize("error", [ValueError("unforeseen"), StoreError("It is away", "Wait")])
def test_after_an_error_a_courier_pauses(error: Exception) -> None:
    courier = Failing(error)
    thread = CourierThread(courier, poll=0.01, pause=3600)
    thread.start()
    assert not courier.got_on.wait(0.3)
    assert courier.calls == 1
    assert stop_all([thread], drain=1)
    assert courier.calls == 2, "the end wakes it, and it delivers what is due"


def test_an_error_while_the_last_is_delivered_ends_the_thread_in_order() -> None:
    courier = Failing(*[ValueError("unforeseen")] * 3)
    thread = CourierThread(courier, poll=0.01, pause=3600)
    thread.start()
    assert stop_all([thread], drain=1)
    assert courier.calls == 2
