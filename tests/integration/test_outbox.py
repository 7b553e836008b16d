import json
from pathlib import Path

import pytest

from clickwatch.domain.window import HOUR, MINUTE
from clickwatch.speed.alerts.back_off import BackOff
from clickwatch.speed.alerts.message import AlertMessage
from clickwatch.speed.alerts.reading import list_deliveries
from clickwatch.store.schema import deliveries, episodes
from tests.support.alert_stream import AlertStream, Inbox, end_of


@pytest.fixture
def stream(tmp_path: Path) -> AlertStream:
    return AlertStream.at(tmp_path)


def outbox(stream: AlertStream) -> dict[str, str]:
    """Kind -> status of the deliveries, which are those of one episode here."""
    with stream.store.read() as c:
        return {row.kind: row.status for row in list_deliveries(c)}


def test_three_overlapping_windows_are_one_beginning_and_one_end(stream: AlertStream) -> None:
    inbox = Inbox()
    dispatcher = stream.dispatcher(inbox)
    for window in range(3):
        stream.epoch({("P", window): (150, 0)}, close_through=window - 1)
        dispatcher.deliver_due()
    stream.epoch(close_through=3)
    dispatcher.deliver_due()
    assert inbox.kinds == ["beginning", "end"]
    assert (inbox.messages[1][1].first_window_start, inbox.messages[1][1].window_end) == (end_of(-2), end_of(2))


def test_a_message_says_what_its_strongest_window_shows(stream: AlertStream) -> None:
    stream.epoch({("PROD_001", 0): (120, 0), ("PROD_001", 1): (156, 3)})
    (row,) = stream.rows(deliveries)
    (episode,) = stream.rows(episodes)
    assert json.loads(row["payload"]) == {
        "kind": "beginning",
        "rule": "flash_sale",
        "product_id": "PROD_001",
        "category": "smartphones",
        "window_start": "2026-01-26T07:15:00Z",
        "window_end": "2026-01-26T07:25:00Z",
        "view_count": 156,
        "purchase_count": 3,
        "conversion_rate": 1.92,
        "first_window_start": "2026-01-26T07:10:00Z",
        "episode_id": episode["episode_id"],
    }
    assert row["delivery_id"] == f"{episode['episode_id']}:beginning:file"


def test_old_windows_are_recorded_and_not_sent(stream: AlertStream) -> None:
    stream.now = end_of(0) + HOUR + 1
    stream.epoch({("P", 0): (150, 0)})
    stream.epoch(close_through=1)
    assert stream.rows(deliveries) == []
    assert [(row["status"], row["announced"]) for row in stream.rows(episodes)] == [("ended", False)]


def test_an_old_episode_is_announced_when_a_recent_window_joins(stream: AlertStream) -> None:
    stream.now = end_of(0) + HOUR + 1
    stream.epoch({("P", 0): (150, 0)})
    stream.epoch({("P", 1): (130, 0)})
    (row,) = stream.rows(deliveries)
    message = json.loads(row["payload"])
    assert (message["window_start"], message["first_window_start"]) == ("2026-01-26T07:15:00Z", "2026-01-26T07:10:00Z")


def test_a_beginning_withdrawn_before_its_delivery_is_cancelled_and_nobody_hears_of_it(stream: AlertStream) -> None:
    inbox = Inbox()
    stream.epoch({("P", 0): (150, 0)})
    stream.epoch({("P", 0): (0, 5)})
    stream.dispatcher(inbox).deliver_due()
    assert inbox.messages == []
    assert outbox(stream) == {"beginning": "cancelled", "correction": "cancelled"}


def test_a_withdrawal_after_the_delivery_sends_a_correction(stream: AlertStream) -> None:
    inbox = Inbox()
    dispatcher = stream.dispatcher(inbox)
    stream.epoch({("P", 0): (150, 0)})
    dispatcher.deliver_due()
    stream.epoch({("P", 0): (0, 5)})
    dispatcher.deliver_due()
    assert inbox.kinds == ["beginning", "correction"]
    assert outbox(stream) == {"beginning": "delivered", "correction": "delivered"}


def test_a_withdrawal_while_the_beginning_is_on_its_way_still_sends_a_correction(stream: AlertStream) -> None:
    class Slow(Inbox):
        def deliver(self, message: AlertMessage, delivery_id: str) -> None:
            if not self.messages:
                stream.epoch({("P", 0): (0, 5)})
            super().deliver(message, delivery_id)

    inbox = Slow()
    dispatcher = stream.dispatcher(inbox)
    stream.epoch({("P", 0): (150, 0)})
    dispatcher.deliver_due()
    assert inbox.kinds == ["beginning", "correction"]


def test_an_episode_whose_beginning_failed_ends_without_a_message(stream: AlertStream) -> None:
    stream.epoch({("P", 0): (150, 0)})
    with stream.store.begin() as c:
        c.execute(deliveries.update().values(status="failed"))
    stream.epoch({("Q", 0): (1, 0)}, close_through=1)
    assert outbox(stream) == {"beginning": "failed"}


def test_an_end_is_cancelled_when_its_beginning_fails_for_good(stream: AlertStream) -> None:
    inbox = Inbox()
    inbox.broken = True
    dispatcher = stream.dispatcher(inbox, back_off=BackOff(attempts=1))
    stream.epoch({("P", 0): (150, 0)}, close_through=1)
    while dispatcher.deliver_due():
        inbox.broken = False
    assert outbox(stream) == {"beginning": "failed", "end": "cancelled"}
    assert inbox.messages == []


def test_an_end_waits_for_its_beginning(stream: AlertStream) -> None:
    inbox = Inbox()
    inbox.broken = True
    dispatcher = stream.dispatcher(inbox)
    stream.epoch({("P", 0): (150, 0)})
    dispatcher.deliver_due()
    stream.epoch(close_through=1)
    inbox.broken = False
    assert dispatcher.deliver_due() == 0
    stream.now += MINUTE
    assert dispatcher.deliver_due() == 2
    assert inbox.kinds == ["beginning", "end"]


def test_the_pending_beginning_of_a_merged_episode_is_cancelled_silently(stream: AlertStream) -> None:
    inbox = Inbox()
    stream.epoch({("P", 0): (150, 0), ("P", 2): (150, 0)})
    stream.epoch({("P", 1): (150, 0)})
    stream.dispatcher(inbox).deliver_due()
    assert inbox.kinds == ["beginning"]
    assert sorted(row["status"] for row in stream.rows(deliveries)) == ["cancelled", "delivered"]


def test_without_handlers_nothing_is_written(tmp_path: Path) -> None:
    stream = AlertStream.at(tmp_path, handlers=())
    stream.epoch({("P", 0): (150, 0)}, close_through=1)
    assert stream.rows(deliveries) == []
    assert [row["announced"] for row in stream.rows(episodes)] == [False]
