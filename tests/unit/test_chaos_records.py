"""The single records of chaos: what breaks them, what only looks as if, and names that mean harm."""

import pytest

from clickwatch.domain.event import Event, EventType, Refusal
from clickwatch.domain.instant import micros_of
from clickwatch.domain.judge import judge
from clickwatch.domain.plain_text import printable
from clickwatch.domain.window import DAY, MINUTE
from clickwatch.sources.chaos.breakages import BREAKAGES, Breakage
from clickwatch.sources.chaos.hostile import HOSTILE_NAMES, HostileShop
from clickwatch.sources.chaos.oddities import ODDITIES, Oddity
from clickwatch.sources.chaos.templates import filled
from clickwatch.sources.shop import PRODUCTS, json_bytes

TIME = micros_of("2026-01-26T07:10:15.123456Z")
KINDS = (EventType.VIEW, EventType.ADD_TO_CART, EventType.REMOVE_FROM_CART, EventType.PURCHASE)


def judged(template: bytes) -> Event | Refusal:
    line = filled(template, "USER_0007", TIME)
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    return judge(line[:-1], TIME + DAY, 5 * MINUTE)


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda each: each.name)
def test_a_broken_record_is_refused_for_the_reason_it_was_broken_by(breakage: Breakage) -> None:
    assert judged(breakage.template) == Refusal(breakage.reason)


@pytest.mark.parametrize("oddity", ODDITIES, ids=lambda each: each.name)
def test_an_odd_record_says_what_it_was_made_to_say(oddity: Oddity) -> None:
    event = judged(oddity.template)
    assert isinstance(event, Event)
    assert (event.product_id, event.event_type) == (oddity.product, KINDS[oddity.kind])
    assert (event.category, event.event_time) == (oddity.category or "unknown", TIME)
    assert event.user_id == "USER_0007"
    assert event.event_id is None, "or copies of it would be duplicates"


def test_every_reason_of_the_contract_has_a_breakage() -> None:
    fields = ("user_id", "product_id", "event_type", "timestamp")
    optional = ("category", "event_id", "session_id", "order_id", "quantity", "price", "currency")
    reasons = {"too_large", "not_json", "not_an_object", "unknown_event_type", "future_timestamp"}
    reasons |= {f"missing:{field}" for field in fields} | {f"invalid:{field}" for field in fields + optional}
    assert {breakage.reason for breakage in BREAKAGES} == reasons


def test_names_tell_breakages_and_oddities_apart() -> None:
    assert len({breakage.name for breakage in BREAKAGES}) == len(BREAKAGES)
    assert len({oddity.name for oddity in ODDITIES}) == len(ODDITIES)


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=lambda name: printable(name)[:20])
def test_a_hostile_name_keeps_the_contract_as_product_and_as_category(name: str) -> None:
    template = b'{"user_id":"@user","product_id":%s,"event_type":"view","timestamp":"@timeZ","category":%s}'
    event = judged(template % (json_bytes(name), json_bytes(name)))
    assert isinstance(event, Event)
    assert (event.product_id, event.category) == (name, name)


def test_the_shop_sells_every_hostile_name_beside_those_of_high_interest() -> None:
    high_interest = ("PROD_100", "PROD_099", "=cheap", "null")
    shop = HostileShop(high_interest)
    assert len(set(shop.products)) == PRODUCTS
    assert set(HOSTILE_NAMES) | set(high_interest) <= set(shop.products)
    assert {shop.products[number] for number in range(PRODUCTS) if shop.is_high_interest[number]} == set(high_interest)


def test_the_shop_has_a_category_by_every_hostile_name() -> None:
    shop = HostileShop(("PROD_001",))
    assert set(HOSTILE_NAMES) <= {shop.category(number) for number in range(PRODUCTS)}
