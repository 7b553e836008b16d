"""The summary of a reported day, sent by each chosen handler once."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from clickwatch.batch.reports.publication import ReportShelf
from clickwatch.domain.day import Day
from clickwatch.errors import BatchError
from clickwatch.settings import AppSettings
from clickwatch.speed.alerts.day_summary import DaySummary
from clickwatch.speed.alerts.handlers.handing_over import hand_over
from clickwatch.speed.alerts.handlers.port import DeliveryError, MessageHandler, PartlyDelivered
from clickwatch.speed.alerts.sent_days import SentDays
from clickwatch.wiring.alerts import alert_handlers, places
from clickwatch.wiring.day_turns import run_of
from clickwatch.wiring.home import open_home
from clickwatch.wiring.stores import AT_WORK, store_of_home


@dataclass(frozen=True)
class Notified:
    """What became of a summary: where it went, the problem if not all got it, whether it `was_sent` before."""

    handler: str
    place: str
    problem: str | None = None
    was_sent: bool = False


def notify(settings: AppSettings, day: Day) -> Iterator[Notified]:
    """Send the day's summary by each chosen handler that did not take it yet, one after the other.

    What one of them fails at is its own: the others get theirs. A summary that changed since is sent again. Raises
    BatchError if the day has not been reported, or is being run.
    """
    home = open_home(settings)
    where, sent = places(settings, home), SentDays(home.sent)
    with closing(store_of_home(settings, patience=AT_WORK)) as store, run_of(store, day):
        summary = _summary(ReportShelf(home.reports), day)
        for handler in alert_handlers(settings, home):
            name = handler.name
            if sent.delivery_ids(day).get(name) == summary.delivery_id(name):
                yield Notified(name, where[name], was_sent=True)
            else:
                yield Notified(name, where[name], _send(handler, summary, day, sent))


def _summary(shelf: ReportShelf, day: Day) -> DaySummary:
    text = shelf.files(day).get(f"daily_summary_{day.compact}.txt")
    if text is None:
        raise BatchError(f"{day} has not been reported yet", f"Run: clickwatch batch --date {day}")
    return DaySummary(str(day), text.decode())


def _send(handler: MessageHandler, summary: DaySummary, day: Day, sent: SentDays) -> str | None:
    """The problem, if there was one. It is noted as sent if some people got it: again would repeat it to them."""
    problem = None
    try:
        hand_over(partial(handler.deliver, summary, summary.delivery_id(handler.name)))
    except PartlyDelivered as error:
        problem = str(error)
    except (DeliveryError, OSError) as error:
        return str(error) or type(error).__name__
    sent.note(day, handler.name, summary.delivery_id(handler.name))
    return problem
