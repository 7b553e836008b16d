"""Reading many timestamps, numbers and names at once, held against reading them one by one."""

from decimal import Decimal
from random import Random

import numpy as np
import pytest

from clickwatch.domain.currency import CURRENCIES
from clickwatch.domain.event import EVENT_TYPE_NAMES
from clickwatch.domain.timestamp import parse_timestamp
from clickwatch.intake.literals import are_integers, decimals, whole_numbers
from clickwatch.intake.names import NameTable
from clickwatch.intake.timestamps import read_timestamps
from clickwatch.intake.words import Bytes, Positions
from tests.support.mangling import NUMBERS, TEXTS, TIMES


def _laid_out(texts: list[str]) -> tuple[Bytes, Positions, Positions]:
    """The texts in one buffer, between quotes and with room around."""
    encoded = [text.encode() for text in texts]
    lengths = np.array([len(text) for text in encoded], dtype=np.int64)
    starts = np.cumsum(lengths + 2) - lengths - 2 + 33
    data = b" " * 32 + b'"' + b'":'.join(encoded) + b'"' + b"9" * 64
    return np.frombuffer(data, dtype=np.uint8), starts, starts + lengths


def _random_time(rng: Random) -> str:
    fraction = "." + "".join(rng.choices("0123456789", k=rng.randrange(1, 10))) if rng.random() < 0.8 else ""
    zone = rng.choice(["Z", "+00:00", "-00:30", "+05:45", "-0800", "+1400", "+14:01", "+09:60", "z", ""])
    year, month, day = rng.choice([1969, 1970, 2000, 2024, 2026, 2100, 9999]), rng.randrange(14), rng.randrange(33)
    clock = f"{rng.randrange(25):02d}:{rng.randrange(61):02d}:{rng.randrange(61):02d}"
    text = f"{year:04d}-{month:02d}-{day:02d}T{clock}{fraction}{zone}"
    if rng.random() < 0.2:
        at = rng.randrange(len(text))
        text = text[:at] + rng.choice("0:/;.T+-Z5é") + text[at + 1 :]
    return text


def test_times_read_at_once_are_those_read_one_by_one() -> None:
    rng = Random(11)
    texts = [*TIMES, *(_random_time(rng) for _ in range(20_000))]
    instants, ok = read_timestamps(*_laid_out(texts))
    expected = [parse_timestamp(text) for text in texts]
    assert [instant if fits else None for instant, fits in zip(instants.tolist(), ok.tolist(), strict=True)] == expected
    assert ok.sum() > 1000


@pytest.mark.parametrize("text", ["2026-01-26T07:10:15.123456+00:00", "2024-02-29T23:59:59Z", "2026-01-26T24:00:00Z"])
def test_times_that_are_all_alike_are_read_alike(text: str) -> None:
    instants, ok = read_timestamps(*_laid_out([text] * 5))
    expected = parse_timestamp(text)
    assert ok.tolist() == [expected is not None] * 5
    assert expected is None or instants.tolist() == [expected] * 5


def test_no_times_are_read_from_no_records() -> None:
    instants, ok = read_timestamps(*_laid_out([]))
    assert len(instants) == len(ok) == 0


def _number_texts() -> list[str]:
    rng = Random(12)
    made = [
        "".join(rng.choices("0123456789.-e ", weights=[9] * 10 + [6, 1, 1, 1], k=rng.randrange(20)))
        for _ in range(20_000)
    ]
    return [*NUMBERS, *made]


def test_numbers_read_at_once_have_the_values_of_their_texts() -> None:
    texts = _number_texts()
    place = _laid_out(texts)
    whole, whole_ok = whole_numbers(*place)
    scaled, scaled_ok = decimals(*place)
    for text, value, fits in zip(texts, whole.tolist(), whole_ok.tolist(), strict=True):
        plain = text.isascii() and text.isdigit() and len(text) <= 8 and (text == "0" or text[0] != "0")
        assert fits == plain, text
        assert not fits or value == int(text)
    for text, value, fits in zip(texts, scaled.tolist(), scaled_ok.tolist(), strict=True):
        assert not fits or Decimal(value) == Decimal(text) * 10_000, text
        assert not fits or text == "0" or not text.startswith("00"), text
    assert scaled_ok[texts.index("1.50")] and scaled_ok[texts.index("0.0001")] and not scaled_ok[texts.index("01")]


def test_integers_are_told_from_everything_else() -> None:
    texts = _number_texts()
    for text, fits in zip(texts, are_integers(*_laid_out(texts)).tolist(), strict=True):
        assert fits == (text.isascii() and text.isdigit() and len(text) <= 18 and (text == "0" or text[0] != "0")), text


@pytest.mark.parametrize("names", [list(EVENT_TYPE_NAMES), sorted(CURRENCIES)])
def test_a_name_is_found_where_all_its_bytes_are_equal(names: list[str]) -> None:
    almost = [name[:-1] for name in names] + [name + "x" for name in names] + [name.swapcase() for name in names]
    texts = [*names, *(text for text in almost if text not in names), *(t for t in TEXTS if t not in names), "x" * 17]
    codes, found = NameTable(names).find(*_laid_out(texts))
    assert found.tolist() == [text in names for text in texts]
    assert codes[: len(names)].tolist() == list(range(len(names)))


def test_a_name_table_takes_no_names_that_it_could_not_tell_apart() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        NameTable(["x" * 17])
