"""The judge against the table of the contract, and against facts of Python."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickwatch.domain.currency import CURRENCIES
from clickwatch.domain.event import EVENT_TYPE_NAMES, FIELD_NAMES, FIELDS, Event, Reason, Refusal
from clickwatch.domain.judge import judge
from tests.support.contract_cases import CASES, LOG_TIME, MAX_FUTURE, Case
from tests.support.contract_records import micros, raw

FAR_AHEAD = 10**18


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_judge_keeps_the_contract(case: Case) -> None:
    expected = Refusal(case.expected) if isinstance(case.expected, str) else case.expected
    assert judge(case.raw, LOG_TIME, MAX_FUTURE) == expected


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def test_every_reason_has_a_case() -> None:
    required = {field.name for field in FIELDS if field.required}
    reasons = {Reason.TOO_LARGE, Reason.NOT_JSON, Reason.NOT_AN_OBJECT}
    reasons |= {Reason.UNKNOWN_EVENT_TYPE, Reason.FUTURE_TIMESTAMP}
    reasons |= {Reason.missing(name) for name in required} | {Reason.invalid(name) for name in FIELD_NAMES}
    assert {case.expected for case in CASES if isinstance(case.expected, str)} == reasons


@pytest.mark.parametrize("name", FIELD_NAMES)
def test_every_field_is_kept_and_refused_in_some_case(name: str) -> None:
    attribute = "event_time" if name == "timestamp" else name
    kept = {getattr(case.expected, attribute) for case in CASES if isinstance(case.expected, Event)}
    assert len(kept) > 1
    assert any(case.expected == Reason.invalid(name) for case in CASES)


def test_a_price_always_has_the_scale_of_the_archive() -> None:
    for literal in ("0", "-0", "1e3", "9.99", "1e-999999999999"):
        event = judge(raw(price=literal), LOG_TIME, MAX_FUTURE)
        assert isinstance(event, Event) and event.price is not None
        assert str(event.price).partition(".")[2] in ("0000", "9900")
        assert not event.price.is_signed()


def test_currencies_are_three_capitals_each() -> None:
    assert all(len(code) == 3 and code.isascii() and code.isalpha() and code.isupper() for code in CURRENCIES)


TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=64)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=OFFSETS)
NUMBERS = st.from_regex(
    r"-?(0|[1-9][0-9]{0,13})(\.[0-9]{1,8})?([eE][+-]?[0-9]{1,2})?",
    fullmatch=True,
    alphabet=st.characters(max_codepoint=127),
)
EVENTS = st.fixed_dictionaries(
    {
        "user_id": TEXT,
        "product_id": TEXT,
        "event_type": st.sampled_from(sorted(EVENT_TYPE_NAMES)),
        "timestamp": TIMES.map(datetime.isoformat),
    },
    optional={
        "category": TEXT,
        "event_id": TEXT,
        "session_id": TEXT,
        "order_id": TEXT,
        "quantity": st.integers(1, 10**9),
        "price": st.integers(0, 10**12),
        "currency": st.sampled_from(sorted(CURRENCIES)),
    },
)


@settings(deadline=None)
@given(EVENTS, st.booleans(), st.dictionaries(TEXT.map("x_".__add__), st.recursive(st.none() | TEXT, st.lists)))
def test_a_valid_event_round_trips(fields: dict[str, object], escaped: bool, others: dict[str, object]) -> None:
    if "price" in fields:
        fields["price"] = int(str(fields["price"])) / 100
    event = judge(json.dumps(others | fields, ensure_ascii=escaped).encode(), FAR_AHEAD, 0)
    assert isinstance(event, Event)
    kept = {name: getattr(event, name) for name in fields.keys() - {"timestamp", "event_type", "price"}}
    assert kept == {name: fields[name] for name in kept}
    assert event.event_type is EVENT_TYPE_NAMES[str(fields["event_type"])]
    assert event.event_time == micros(str(fields["timestamp"]))
    assert event.price == (Decimal(repr(fields["price"])) if "price" in fields else None)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_make_the_judge_raise(line: bytes) -> None:
    assert isinstance(judge(line, LOG_TIME, MAX_FUTURE), Event | Refusal)


SHREDS = st.sampled_from(
    [*(bytes([b]) for b in b'{}[]",:\\0-9.eE u'), b"\\u", b"\\ud83d", b"null", b"\xff", b"\xc3\xa9"]
)


@settings(deadline=None)
@given(st.integers(0), st.integers(0), SHREDS)
def test_a_mangled_record_is_json_only_if_python_reads_it_too(at: int, cut: int, shred: bytes) -> None:
    line = raw(category='"a"', quantity="1", price="2.50", extra=r'{"a":[1,"\u00e9"]}')
    at = at % len(line)
    mangled = line[:at] + shred + line[at + cut % 3 :]
    verdict = judge(mangled, LOG_TIME, MAX_FUTURE)
    try:
        document = json.loads(mangled.decode(), object_pairs_hook=list)
        json.dumps(document, ensure_ascii=False).encode()  # raises on a lone surrogate
    except ValueError:
        assert verdict == Refusal(Reason.NOT_JSON)
    else:
        assert verdict != Refusal(Reason.NOT_JSON)


@settings(deadline=None)
@given(NUMBERS)
def test_numbers_have_their_exact_decimal_value(literal: str) -> None:
    value = Decimal(literal)
    event = judge(raw(price=literal), LOG_TIME, MAX_FUTURE)
    if 0 <= value < 10**11:
        rounded = value.quantize(Decimal("0.0001"), rounding=ROUND_HALF_EVEN)
        assert isinstance(event, Event) and event.price == rounded
    else:
        assert event == Refusal("invalid:price")
    event = judge(raw(quantity=literal), LOG_TIME, MAX_FUTURE)
    if 1 <= value <= 10**9 and value == int(value):
        assert isinstance(event, Event) and event.quantity == value
    else:
        assert event == Refusal("invalid:quantity")


@settings(deadline=None)
@given(st.datetimes(datetime(1969, 12, 31), datetime(1970, 1, 3), timezones=OFFSETS))
def test_times_around_the_epoch_are_taken_from_1970_on(time: datetime) -> None:
    event = judge(raw(timestamp=f'"{time.isoformat()}"'), FAR_AHEAD, 0)
    if time.year >= 1970 and time >= datetime(1970, 1, 1, tzinfo=UTC):
        assert isinstance(event, Event) and event.event_time == micros(time.isoformat())
    else:
        assert event == Refusal("invalid:timestamp")
