"""The slow, obvious truth: what a log means, record by record, in plain Python.

It states the meaning of judging, de-duplication, watermarks, windows, alerts, totals, archive and accounting. It
runs over a whole log at once, keeps everything in memory and takes no shortcut. Every engine is held to its answer.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from clickwatch.domain.alert import FLASH_SALE, AlertThresholds
from clickwatch.domain.event import UNKNOWN_CATEGORY, Event, EventType, Refusal
from clickwatch.domain.judge import judge
from clickwatch.domain.watermark import StreamRules, advanced, slowest
from clickwatch.domain.window import HOUR, WindowSpec


@dataclass(frozen=True)
class LogRecord:
    """One record of one partition; `log_time` is in µs, `raw` has no line end."""

    offset: int
    log_time: int
    raw: bytes


@dataclass(frozen=True)
class WindowRow:
    """What is known of one product in one window, which is the key: (window start, product)."""

    window_end: int
    category: str
    view_count: int
    cart_count: int
    purchase_count: int
    closed: bool


@dataclass(frozen=True)
class HourTotal:
    """What is known of one product in one hour of event time, late events included; `event_count` is of all types."""

    category: str
    view_count: int
    cart_count: int
    purchase_count: int
    event_count: int


@dataclass(frozen=True)
class ConfirmedAlert:
    """An alert of a closed window. Rule, product and window start are its identity."""

    rule: str
    product_id: str
    window_start: int
    view_count: int
    purchase_count: int


@dataclass(frozen=True)
class Account:
    """What became of the records: `received = accepted + duplicate + rejected` and `accepted = on_time + late`."""

    received: int
    accepted: int
    duplicate: int
    rejected: int
    on_time: int
    late: int
    reasons: Counter[str]


@dataclass(frozen=True)
class ArchiveRow:
    """An accepted event as the archive keeps it, save the epoch, which is no function of the log."""

    user_key: str
    product_id: str
    event_type: EventType
    event_time: int
    category: str
    event_id: str | None
    session_id: str | None
    order_id: str | None
    quantity: int
    price: Decimal | None
    currency: str | None
    is_late: bool
    source_partition: int
    source_offset: int


@dataclass(frozen=True)
class Truth:
    """All that a log means, with one set of rules. Times are in µs, windows and hours half-open `[start, end)`."""

    windows: dict[tuple[int, str], WindowRow]
    """By window start and product."""
    confirmed: frozenset[ConfirmedAlert]
    accounts: dict[int, Account]
    """By partition."""
    archive: list[ArchiveRow]
    """By partition and offset."""
    quarantine: dict[tuple[int, int], str]
    """The reason of each refusal, by partition and offset."""
    hour_totals: dict[tuple[int, str], HourTotal]
    """By start of the hour and product."""
    watermarks: dict[int, int | None]
    """By partition, at the end of the log."""


@dataclass(frozen=True)
class _Accepted:
    """An event that takes effect: `counted` are the starts of the windows that it counts in."""

    event: Event
    counted: list[int]
    is_late: bool


@dataclass(frozen=True)
class _Duplicate:
    """An event that had been accepted before."""


_Outcome = _Accepted | _Duplicate | Refusal


def run_reference(
    log: Mapping[int, Sequence[LogRecord]],
    rules: StreamRules,
    spec: WindowSpec,
    alert: AlertThresholds,
    pseudonym: Callable[[str], str],
) -> Truth:
    """The truth about a whole log: its records in offset order, by partition (empty partitions count as such)."""
    outcomes: dict[int, list[_Outcome]] = {}
    watermarks: dict[int, int | None] = {}
    for partition in sorted(log):
        outcomes[partition], watermarks[partition] = _read_partition(log[partition], rules, spec)

    placed = [
        (partition, record.offset, outcome)
        for partition in outcomes
        for record, outcome in zip(log[partition], outcomes[partition], strict=True)
    ]
    accepted = [outcome for _, _, outcome in placed if isinstance(outcome, _Accepted)]
    windows = _windows(accepted, spec, slowest(watermarks.values()))
    return Truth(
        windows=windows,
        confirmed=_confirmed(windows, alert),
        accounts={partition: _account(of_partition) for partition, of_partition in outcomes.items()},
        archive=[_archive_row(o, pseudonym, place, offset) for place, offset, o in placed if isinstance(o, _Accepted)],
        quarantine={(place, offset): o.reason for place, offset, o in placed if isinstance(o, Refusal)},
        hour_totals=_hour_totals(accepted),
        watermarks=watermarks,
    )


def _read_partition(
    records: Sequence[LogRecord], rules: StreamRules, spec: WindowSpec
) -> tuple[list[_Outcome], int | None]:
    """What becomes of each record, and the watermark after the last. A partition knows nothing of the others."""
    outcomes: list[_Outcome] = []
    accepted_times: dict[str, list[int]] = defaultdict(list)  # of the accepted events, by event id
    watermark: int | None = None  # before the record at hand
    for record in records:
        verdict = judge(record.raw, record.log_time, rules.max_future)
        if isinstance(verdict, Refusal):
            outcomes.append(verdict)
            continue
        if _is_duplicate(verdict, accepted_times, watermark, rules.horizon):
            outcomes.append(_Duplicate())
        else:
            outcomes.append(_accept(verdict, watermark, spec))
            if verdict.event_id is not None:
                accepted_times[verdict.event_id].append(verdict.event_time)
        watermark = advanced(watermark, verdict.event_time, record.log_time, rules.delay)
    return outcomes, watermark


def _is_duplicate(
    event: Event, accepted_times: Mapping[str, Sequence[int]], watermark: int | None, horizon: int
) -> bool:
    """Whether an event with this id was accepted before, and is still within the horizon."""
    if event.event_id is None:
        return False
    return any(watermark is None or time + horizon > watermark for time in accepted_times.get(event.event_id, ()))


def _accept(event: Event, watermark: int | None, spec: WindowSpec) -> _Accepted:
    starts = list(spec.starts(event.event_time))
    counted = [start for start in starts if not spec.has_ended(start, watermark)]
    return _Accepted(event, counted, is_late=len(counted) < len(starts))


def _windows(
    accepted: Iterable[_Accepted], spec: WindowSpec, closed_until: int | None
) -> dict[tuple[int, str], WindowRow]:
    """One row per window and product with at least one event counted, of whatever type."""
    counted: dict[tuple[int, str], list[Event]] = defaultdict(list)
    for outcome in accepted:
        for start in outcome.counted:
            counted[start, outcome.event.product_id].append(outcome.event)
    return {
        (start, product_id): WindowRow(
            window_end=start + spec.length,
            category=_category(events),
            view_count=_count(events, EventType.VIEW),
            cart_count=_count(events, EventType.ADD_TO_CART),
            purchase_count=_count(events, EventType.PURCHASE),
            closed=spec.has_ended(start, closed_until),
        )
        for (start, product_id), events in counted.items()
    }


def _hour_totals(accepted: Iterable[_Accepted]) -> dict[tuple[int, str], HourTotal]:
    happened: dict[tuple[int, str], list[Event]] = defaultdict(list)
    for outcome in accepted:
        event = outcome.event
        happened[event.event_time // HOUR * HOUR, event.product_id].append(event)
    return {
        key: HourTotal(
            category=_category(events),
            view_count=_count(events, EventType.VIEW),
            cart_count=_count(events, EventType.ADD_TO_CART),
            purchase_count=_count(events, EventType.PURCHASE),
            event_count=len(events),
        )
        for key, events in happened.items()
    }


def _category(events: Iterable[Event]) -> str:
    """That of the newest event that has one; of several at that time the greatest by code point."""
    known = [(event.event_time, event.category) for event in events if event.category != UNKNOWN_CATEGORY]
    return max(known)[1] if known else UNKNOWN_CATEGORY


def _count(events: Iterable[Event], event_type: EventType) -> int:
    return sum(event.event_type is event_type for event in events)


def _confirmed(windows: Mapping[tuple[int, str], WindowRow], alert: AlertThresholds) -> frozenset[ConfirmedAlert]:
    return frozenset(
        ConfirmedAlert(FLASH_SALE, product_id, start, row.view_count, row.purchase_count)
        for (start, product_id), row in windows.items()
        if row.closed and alert.alerts(row.view_count, row.purchase_count)
    )


def _account(outcomes: Sequence[_Outcome]) -> Account:
    reasons = Counter(outcome.reason for outcome in outcomes if isinstance(outcome, Refusal))
    late = [outcome.is_late for outcome in outcomes if isinstance(outcome, _Accepted)]
    return Account(
        received=len(outcomes),
        accepted=len(late),
        duplicate=sum(isinstance(outcome, _Duplicate) for outcome in outcomes),
        rejected=reasons.total(),
        on_time=late.count(False),
        late=late.count(True),
        reasons=reasons,
    )


def _archive_row(outcome: _Accepted, pseudonym: Callable[[str], str], partition: int, offset: int) -> ArchiveRow:
    event = outcome.event
    return ArchiveRow(
        user_key=pseudonym(event.user_id),
        product_id=event.product_id,
        event_type=event.event_type,
        event_time=event.event_time,
        category=event.category,
        event_id=event.event_id,
        session_id=event.session_id,
        order_id=event.order_id,
        quantity=event.quantity,
        price=event.price,
        currency=event.currency,
        is_late=outcome.is_late,
        source_partition=partition,
        source_offset=offset,
    )
