"""REES46 files: rows become events of the contract, bad rows are named and cost nothing else."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickwatch.errors import SourceError
from clickwatch.sources.batch import LineBatch, joined
from clickwatch.sources.lines import LineCutter
from clickwatch.sources.rees46 import Rees46

HEADER = b"event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n"
GOOD = b"2024-03-01 09:00:00 UTC,view,7001,901,electronics.smartphone,b,312.50,51001,s1\n"
SMALL = Path(__file__).parent.parent / "data" / "rees46_small.csv"


def batches(text: bytes, size: int = 1 << 20) -> tuple[Rees46, list[LineBatch]]:
    reader = Rees46()
    pieces = (text[at : at + size] for at in range(0, len(text), size))
    return reader, [*map(reader.batch, LineCutter().blocks(pieces)), reader.rest()]


def records(text: bytes, size: int = 1 << 20) -> tuple[Rees46, list[dict[str, object]]]:
    reader, read = batches(text, size)
    return reader, [json.loads(line) for batch in read for line in joined(batch.lines).splitlines()]


def test_a_row_becomes_an_event_of_the_contract() -> None:
    _, read = batches(HEADER + GOOD)
    expected = (
        b'{"user_id":"51001","product_id":"7001","event_type":"view","timestamp":"2024-03-01T09:00:00Z",'
        b'"category":"electronics","session_id":"s1","price":312.50}\n'
    )
    assert b"".join(joined(batch.lines) for batch in read) == expected
    assert read[0].keys is not None and read[0].keys.to_pylist() == [b"51001"]
    assert read[0].times is not None and read[0].times.tolist() == [1_709_283_600_000_000]


def test_the_small_file_reads_as_its_good_rows_say() -> None:
    reader, events = records(SMALL.read_bytes())
    assert len(events) == 27 and reader.unreadable == 8
    assert [(row.line, row.problem) for row in reader.examples] == [
        (10, "4 columns in place of 9"),
        (13, 'price "n/a" is no number'),
        (14, 'event_time "2024-03-01 09:00:55" is no UTC time'),
        (19, "product_id is empty"),
        (20, "user_id is empty"),
    ]
    assert [event["timestamp"] for event in events][-3:] == ["2024-03-01T09:01:45Z"] + ["2024-03-01T09:02:20Z"] * 2
    categories = {event["category"] for event in events if "category" in event}
    assert categories == {"electronics", "furniture", "appliances", "kids", "apparel"}
    assert sum("category" not in event for event in events) == 2
    assert {event["event_type"] for event in events} == {"view", "cart", "purchase", "remove_from_cart", "glance"}


@pytest.mark.parametrize("size", [1, 7, 64, 200, 1000])
def test_the_pieces_that_a_file_comes_in_make_no_difference(size: int) -> None:
    whole, in_pieces = records(SMALL.read_bytes()), records(SMALL.read_bytes(), size)
    assert in_pieces[1] == whole[1]
    assert (in_pieces[0].unreadable, in_pieces[0].examples) == (whole[0].unreadable, whole[0].examples)


def test_line_ends_of_windows_and_a_byte_order_mark_are_taken() -> None:
    text = SMALL.read_bytes()
    assert records(b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"))[1] == records(text)[1]


def test_columns_may_stand_in_any_order_and_others_may_be_there() -> None:
    text = b"user_session,user_id,more,price,category_code,product_id,event_type,event_time\n"
    row = b"s1,51001,x,312.50,electronics.smartphone,7001,view,2024-03-01 09:00:00 UTC\n"
    assert records(text + row)[1] == records(HEADER + GOOD)[1]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ((b"UTC", b"CET"), "is no UTC time"),
        ((b"09:00:00", b"24:00:00"), "is no UTC time"),
        ((b"2024-03-01", b"2024-13-01"), "is no UTC time"),
        ((b"312.50", b"NaN"), "is no number"),
        ((b"312.50", b"1,5"), "10 columns in place of 9"),
        ((b"312.50", b"007"), "is no number"),
        ((b"51001", b""), "user_id is empty"),
        ((b"7001", b""), "product_id is empty"),
        ((b",b,", b",\xff,"), "not UTF-8"),
        ((b",b,", b',"b" c,'), "broken CSV"),
        ((b",b,", b',"b,'), "does not close"),
        ((b",b,", b",b\rc,"), "broken CSV"),
        ((b",b,", b",,,"), "10 columns in place of 9"),
    ],
)
def test_a_bad_row_is_named_and_its_neighbours_live(change: tuple[bytes, bytes], problem: str) -> None:
    bad = GOOD.replace(*change)
    reader, events = records(HEADER + GOOD + bad + GOOD * 20)
    assert len(events) == 21
    assert [row.line for row in reader.examples] == [3] and reader.unreadable == 1
    assert problem in reader.examples[0].problem


@pytest.mark.parametrize(
    ("old", "new", "field", "value"),
    [
        (b"electronics.smartphone", b"", "category", None),
        (b"electronics.smartphone", b"toys", "category", "toys"),
        (b"electronics.smartphone", b'"a""b.c"', "category", 'a"b'),
        (b",s1", b",", "session_id", None),
        (b"312.50", b"", "price", None),
        (b"312.50", b"5", "price", 5),
        (b"312.50", b"-1.0", "price", -1.0),
        (b"view", b"glance", "event_type", "glance"),
        (b"51001", b'"a,\tb"', "user_id", "a,\tb"),
        (b",b,", b',"two\n\nlines",', "user_id", "51001"),
    ],
)
def test_fields_go_on_as_they_stand(old: bytes, new: bytes, field: str, value: object) -> None:
    reader, events = records(HEADER + GOOD.replace(old, new))
    assert reader.unreadable == 0
    assert events[0].get(field) == value


@pytest.mark.parametrize(
    "text",
    [b"", b"event_time,event_type\n", b'{"user_id":"a"}\n', HEADER.replace(b"brand", b"price"), b'"\n', b"\xff\n"],
)
def test_a_file_without_the_header_is_refused_as_a_whole(text: bytes) -> None:
    with pytest.raises(SourceError):
        batches(text)


FIELD = st.sampled_from(["", "a", 'q"q', "x,y", "l\nm", "ü", "9.5", "2024-03-01 09:00:00 UTC"])
ROW = st.lists(FIELD, min_size=9, max_size=9) | st.just(
    ["2024-03-01 09:00:00 UTC", "view", 'p"1', "c", "a,b.c", 'two\n"lines"', "1.5", "ü", "s"]
)


@settings(deadline=None, max_examples=50)
@given(rows=st.lists(ROW, max_size=30), size=st.integers(20, 400))
def test_well_formed_csv_reads_as_the_standard_reader_reads_it(rows: list[list[str]], size: int) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADER.decode().strip().split(","), *rows])
    reader, events = records(text.getvalue().encode(), size)
    good = [row for row in rows if row[0].endswith("UTC") and row[2] and row[7] and row[6] in ("", "9.5", "1.5")]
    assert [event["user_id"] for event in events] == [row[7] for row in good]
    assert reader.unreadable == len(rows) - len(good)
