"""The table of ids holds exactly the ids that have not expired, through reuse, growing and spilling."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from clickwatch.domain.window import DAY, HOUR, MINUTE
from clickwatch.intake.id_hash import IdHashes
from clickwatch.intake.id_table import NEVER, IdTable

MEMORY = 1 << 30
SPAN = 22 * MINUTE


def hashes(numbers: list[int]) -> IdHashes:
    """Hashes whose second bucket is nearly always the same one, which is soon full."""
    high = np.array([n * 0x9E3779B1 % 2**32 << 32 | (n % 50 + 1) for n in numbers], dtype=np.uint64)
    return IdHashes(high, np.array(numbers, dtype=np.uint32))


def random_hashes(rng: np.random.Generator, count: int) -> IdHashes:
    return IdHashes(
        rng.integers(1, 2**64, count, dtype=np.uint64), rng.integers(0, 2**32, count, dtype=np.uint64).astype(np.uint32)
    )


def all_at(count: int, expiry: int) -> NDArray[np.int64]:
    return np.full(count, expiry, dtype=np.int64)


@given(
    batches=st.lists(
        st.tuples(
            st.lists(st.integers(0, 5000), unique=True, max_size=300), st.integers(1, SPAN), st.integers(0, SPAN)
        ),
        max_size=12,
    )
)
def test_the_table_agrees_with_a_dictionary(
    tmp_path_factory: pytest.TempPathFactory, batches: list[tuple[list[int], int, int]]
) -> None:
    table = IdTable(MEMORY, tmp_path_factory.getbasetemp(), SPAN)
    truth: dict[int, int] = {}
    watermark = 0
    for numbers, ahead, step in batches:
        watermark += step
        table.put(hashes(numbers), all_at(len(numbers), watermark + ahead), watermark)
        truth |= {number: max(truth.get(number, 0), watermark + ahead) for number in numbers}
    asked = list(range(0, 5000, 7))
    found = table.expiries(hashes(asked)).tolist()
    live = [truth[number] if truth.get(number, 0) > watermark else NEVER for number in asked]
    assert [expiry if expiry > watermark else NEVER for expiry in found] == live


@pytest.mark.parametrize("span", [SPAN, 30 * DAY], ids=["in four bytes", "in eight bytes"])
def test_expiries_stay_exact_while_the_watermark_goes_on_for_days(tmp_path: Path, span: int) -> None:
    # watermark    0         8h        16h        …
    # ids          [-span->  [-span->  [-span->        one batch at a time is live, the others have expired
    table = IdTable(MEMORY, tmp_path, span)
    rng = np.random.default_rng(5)
    for watermark in range(0, 4 * DAY, 8 * HOUR):
        batch = random_hashes(rng, 100)
        expiries = watermark + 1 + rng.integers(0, span, 100)
        table.put(batch, expiries, watermark)
        assert (table.expiries(batch) == expiries).all()


def test_what_expires_later_than_the_span_says_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="later than"):
        IdTable(MEMORY, tmp_path, SPAN).put(hashes([1]), all_at(1, 2 * HOUR), watermark=0)


def test_hashes_that_all_meet_are_a_mistake_and_no_reason_to_grow_for_ever(tmp_path: Path) -> None:
    alike = IdHashes(np.full(100, 1 << 33 | 1, dtype=np.uint64), np.arange(100, dtype=np.uint32))
    with pytest.raises(RuntimeError, match="not evenly spread"):
        IdTable(MEMORY, tmp_path, SPAN).put(alike, all_at(100, MINUTE), watermark=0)


def test_growing_keeps_every_live_id(tmp_path: Path) -> None:
    table = IdTable(MEMORY, tmp_path, SPAN)
    rng = np.random.default_rng(7)
    batches = [random_hashes(rng, 50_000) for _ in range(10)]
    for step, batch in enumerate(batches):
        table.put(batch, all_at(50_000, MINUTE + step), watermark=0)
    for step, batch in enumerate(batches):
        assert (table.expiries(batch) == MINUTE + step).all()
    assert (table.expiries(random_hashes(rng, 50_000)) == NEVER).all()


def test_expired_ids_make_room_without_growing(tmp_path: Path) -> None:
    table = IdTable(MEMORY, tmp_path, SPAN)
    rng = np.random.default_rng(7)
    size = table.nbytes
    for step in range(100):
        batch = random_hashes(rng, 5000)
        table.put(batch, all_at(5000, step + 10), watermark=step)
        assert (table.expiries(batch) == step + 10).all()
    assert table.nbytes == size, "ten batches of 5,000 are live at a time, of 500,000 in all"


def test_nine_slots_of_ten_are_filled_before_it_grows(tmp_path: Path) -> None:
    table = IdTable(MEMORY, tmp_path, SPAN)
    size = table.nbytes
    batch = random_hashes(np.random.default_rng(9), size // 16 * 9 // 10)
    table.put(batch, all_at(len(batch), MINUTE), watermark=0)
    assert table.nbytes == size
    assert (table.expiries(batch) == MINUTE).all()


def test_room_that_was_reserved_is_enough(tmp_path: Path) -> None:
    table = IdTable(MEMORY, tmp_path, SPAN)
    table.reserve(300_000)
    size = table.nbytes
    table.put(random_hashes(np.random.default_rng(9), 300_000), all_at(300_000, MINUTE), watermark=0)
    assert table.nbytes == size


def test_beyond_its_memory_the_table_lies_on_disk_and_answers_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    batch = random_hashes(rng, 200_000)
    table = IdTable(1 << 20, tmp_path / "spill", SPAN)
    table.put(batch, 1 + np.arange(200_000), watermark=0)
    assert isinstance(table._high, np.memmap)
    assert (table.expiries(batch) == 1 + np.arange(200_000)).all()
    assert list((tmp_path / "spill").iterdir()) == [], "the file has no name, so a crash leaves nothing behind"
