"""The figures of a day, whichever engine computes them: held to plain Python on random days."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickwatch.batch.engine import DayEngine, DayInput
from clickwatch.batch.queries import (
    CONVERSION_RATES,
    DAY_TOTALS,
    PRODUCT_HOURS,
    QUERIES,
    REVENUE,
    TOP_PRODUCTS,
    TRAFFIC,
    USER_SEGMENTS,
    Query,
)
from clickwatch.domain.columns import ARCHIVE_COLUMNS
from tests.support import day_truth
from tests.support.day_engines import ENGINES, EngineOf
from tests.support.proof import proof_scale

MIDNIGHT = datetime(2026, 1, 26, tzinfo=UTC)
LATER_EPOCH = 7
Row = dict[str, Any]

_PRODUCTS = ["A", "B", "a", "é", "\uff5e", "\U0001f600", "=1+1", "x" * 128]
_CATEGORIES = ["unknown", "unknown", "tvs", "Tvs", "größe", "\U0001f600"]


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.name)
def engine(request: pytest.FixtureRequest) -> EngineOf:
    kind: EngineOf = request.param
    return kind


@pytest.fixture
def engine_of(engine: EngineOf, tmp_path: Path) -> Iterator[Callable[[DayInput], DayEngine]]:
    with engine.ready(tmp_path) as make:
        yield make


@st.composite
def events(draw: st.DrawFn) -> Row:
    # Few seconds, so that many events share one, at both ends of the day and of an hour.
    second = draw(st.sampled_from([0, 1, 3599, 3600, 3601, 43_200, 86_399]))
    return {
        "user_key": f"k-{draw(st.integers(0, 5))}",
        "product_id": draw(st.sampled_from(_PRODUCTS)),
        "event_type": draw(st.sampled_from(["view", "view", "view", "add_to_cart", "remove_from_cart", "purchase"])),
        "event_time": MIDNIGHT + timedelta(seconds=second, microseconds=draw(st.sampled_from([0, 0, 999_999]))),
        "category": draw(st.sampled_from(_CATEGORIES)),
        "event_id": None,
        "session_id": None,
        "order_id": None,
        "quantity": draw(st.sampled_from([1, 1, 3, 10**9])),
        "price": draw(st.none() | st.decimals(0, "99999999999", places=4, allow_nan=False)),
        "currency": draw(st.sampled_from([None, "EUR", "USD"])),
        "is_late": draw(st.booleans()),
        "source_partition": 0,
        "source_offset": 0,
        "epoch": draw(st.sampled_from([1, 2, 3, 3, LATER_EPOCH])),
    }


DAYS = st.lists(events(), max_size=60)


def written(folder: Path, rows: list[Row], files: int) -> list[Path]:
    """The rows spread over several Parquet files."""
    paths = []
    for number in range(files):
        path = folder / f"{number}.parquet"
        pq.write_table(pa.Table.from_pylist(rows[number::files], schema=ARCHIVE_COLUMNS), path)
        paths.append(path)
    return paths


def answers(engine: DayEngine) -> dict[str, list[Row]]:
    found = {}
    for query in QUERIES:
        table = engine.run(query)
        assert table.schema.equals(query.columns)
        found[query.name] = table.to_pylist()
    return found


def cells(rows: list[Row], query: Query) -> list[list[Any]]:
    return [[row[name] for name in query.columns.names] for row in rows]


def test_any_day_is_what_plain_python_makes_of_it(
    engine: EngineOf, engine_of: Callable[[DayInput], DayEngine], tmp_path_factory: pytest.TempPathFactory
) -> None:
    @settings(max_examples=engine.examples * proof_scale())
    @given(rows=DAYS, files=st.integers(1, 3))
    def on_random_days(rows: list[Row], files: int) -> None:
        is_what_plain_python_makes_of_it(engine_of, written(tmp_path_factory.mktemp("day"), rows, files), rows)

    on_random_days()


def is_what_plain_python_makes_of_it(
    engine_of: Callable[[DayInput], DayEngine], files: list[Path], rows: list[Row]
) -> None:
    engine = engine_of(DayInput(files, cut=3))
    found = answers(engine)
    engine.close()
    counted = [row for row in rows if row["epoch"] <= 3]
    assert cells(found["user_segments"], USER_SEGMENTS) == day_truth.user_segments(counted)
    assert cells(found["top_products"], TOP_PRODUCTS) == day_truth.top_products(counted)
    assert cells(found["conversion_rates"], CONVERSION_RATES) == [r[:3] for r in day_truth.conversion_rates(counted)]
    assert {row["currency"]: row["revenue"] for row in found["revenue"]} == day_truth.revenue(counted)
    assert found["product_hours"] == product_hours(counted)
    assert found["traffic"] == traffic(counted)
    assert found["day_totals"] == [day_totals(counted)]


def product_hours(rows: list[Row]) -> list[Row]:
    """By hour, then the product's code points."""
    keys = {(hour_of(row), row["product_id"]) for row in rows}
    found = []
    for hour, product in sorted(keys, key=lambda key: (key[0], key[1].encode())):
        mine = [row for row in rows if (hour_of(row), row["product_id"]) == (hour, product)]
        category = day_truth.newest_category(mine, product)
        found.append(
            {"hour_start": hour, "product_id": product, "category": category, **kinds(mine), "event_count": len(mine)}
        )
    return found


def traffic(rows: list[Row]) -> list[Row]:
    hours = sorted({hour_of(row) for row in rows})
    return [{"hour_start": hour, **kinds([row for row in rows if hour_of(row) == hour])} for hour in hours]


def day_totals(rows: list[Row]) -> Row:
    removals = sum(row["event_type"] == "remove_from_cart" for row in rows)
    users = len({row["user_key"] for row in rows})
    late = sum(row["is_late"] for row in rows)
    return {"event_count": len(rows), "late_count": late, "user_count": users, "removal_count": removals, **kinds(rows)}


def kinds(rows: list[Row]) -> Row:
    counts = Counter(row["event_type"] for row in rows)
    return {
        "view_count": counts["view"],
        "cart_count": counts["add_to_cart"],
        "purchase_count": counts["purchase"],
    }


def hour_of(row: Row) -> datetime:
    moment: datetime = row["event_time"]
    return moment.replace(minute=0, second=0, microsecond=0)


def test_a_day_without_files_has_all_figures_and_no_rows(engine_of: Callable[[DayInput], DayEngine]) -> None:
    engine = engine_of(DayInput((), cut=3))
    found = answers(engine)
    engine.close()
    assert found.pop("day_totals") == [dict.fromkeys(DAY_TOTALS.columns.names, 0)]
    assert not any(found.values())


def test_the_greatest_amounts_fit(engine_of: Callable[[DayInput], DayEngine], tmp_path: Path) -> None:
    row = {
        **dict.fromkeys(ARCHIVE_COLUMNS.names),
        **{"user_key": "k", "product_id": "p", "event_type": "purchase", "event_time": MIDNIGHT, "category": "c"},
        **{"quantity": 10**9, "price": Decimal("99999999999.9999"), "currency": "EUR", "is_late": False},
        **{"source_partition": 0, "source_offset": 0, "epoch": 1},
    }
    engine = engine_of(DayInput(written(tmp_path, [row] * 1000, 1), cut=1))
    [found] = engine.run(REVENUE).to_pylist()
    engine.close()
    assert found["revenue"] == Decimal("99999999999.9999") * 10**9 * 1000


def test_rows_of_an_hour_are_those_of_its_start_and_not_of_its_end(
    engine_of: Callable[[DayInput], DayEngine], tmp_path: Path
) -> None:
    # 00:59:59.999999 |01:00 ...
    times = [MIDNIGHT + timedelta(hours=1, microseconds=-1), MIDNIGHT + timedelta(hours=1)]
    base = {
        **dict.fromkeys(ARCHIVE_COLUMNS.names),
        **{"user_key": "k", "product_id": "p", "event_type": "view", "category": "c", "quantity": 1, "is_late": False},
        **{"source_partition": 0, "source_offset": 0, "epoch": 1},
    }
    rows = [{**base, "event_time": time} for time in times]
    engine = engine_of(DayInput(written(tmp_path, rows, 1), cut=1))
    hours = [(row["hour_start"].hour, row["view_count"]) for row in engine.run(PRODUCT_HOURS).to_pylist()]
    assert hours == [(0, 1), (1, 1)]
    assert [row["hour_start"].hour for row in engine.run(TRAFFIC).to_pylist()] == [0, 1]
    engine.close()
