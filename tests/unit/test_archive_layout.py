"""Where a row lies in the archive."""

import re
from datetime import date

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from clickwatch.archive.layout import MAX_CATEGORY_PARTS, OTHER, Part, assign_parts, days_since_epoch

FOLDER = re.compile(r"category_part=[A-Za-z0-9_.-]{1,64}")


def parts_of(rows: list[tuple[int, str]], held: dict[int, set[str]] | None = None) -> list[Part]:
    days = np.array([day for day, _ in rows], dtype=np.int64)
    categories = pa.array([category for _, category in rows], pa.string()).dictionary_encode()
    parts, part_of_row = assign_parts(days, categories, lambda day: (held or {}).get(day, set()))
    assert len(set(parts)) == len(parts)
    return [parts[i] for i in part_of_row]


@given(st.lists(st.tuples(st.integers(0, 2_900_000), st.text(min_size=1, max_size=128)), max_size=60))
def test_any_category_gets_a_safe_folder_of_its_day(rows: list[tuple[int, str]]) -> None:
    for (day, category), part in zip(rows, parts_of(rows), strict=True):
        assert part.day == day
        assert FOLDER.fullmatch(part.folders[1])
        assert part.category_part in (category, OTHER)


def test_names_that_are_no_folders_share_one() -> None:
    names = [".", "..", "a/b", "größe", "a b", "", "x" * 65, "null", "NULL", "__HIVE_DEFAULT_PARTITION__", "a\n", "%41"]
    assert {part.category_part for part in parts_of([(5, name) for name in names])} == {OTHER}


def test_plain_names_keep_their_own() -> None:
    names = ["smartphones", "home.kitchen", "A-1_b", "x" * 64, "...", "123", OTHER]
    assert [part.category_part for part in parts_of([(5, name) for name in names])] == names


def test_a_day_has_at_most_so_many_names_in_order_of_appearance() -> None:
    names = [f"c{i * 7919 % 1000}" for i in range(1000)]
    found = [part.category_part for part in parts_of([(5, name) for name in names])]
    assert found == names[:MAX_CATEGORY_PARTS] + [OTHER] * (1000 - MAX_CATEGORY_PARTS)


def test_the_names_that_a_day_has_already_count_first() -> None:
    held = {5: {f"old{i}" for i in range(MAX_CATEGORY_PARTS - 1)}}
    rows = [(5, "new1"), (5, "new2"), (5, "old7"), (6, "new2")]
    assert [part.category_part for part in parts_of(rows, held)] == ["new1", OTHER, "old7", "new2"]


def test_a_dictionary_with_names_that_no_row_uses_makes_no_folders() -> None:
    categories = pa.DictionaryArray.from_arrays(pa.array([1, 1], pa.int32()), pa.array(["unused", "used"]))
    parts, _ = assign_parts(np.array([5, 5]), categories, lambda day: set())
    assert parts == [Part(5, "used")]


def test_the_folder_names_the_utc_day() -> None:
    day = days_since_epoch(date(2026, 1, 26))
    assert Part(day, "audio").folders == ("event_date=2026-01-26", "category_part=audio")
