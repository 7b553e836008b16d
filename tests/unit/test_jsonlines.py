"""What pacing and partitioning look at in lines that nobody has judged yet."""

import pytest

from clickwatch.sources.batch import NO_TIME, joined, split_lines
from clickwatch.sources.jsonlines import JsonLines, user_keys
from clickwatch.sources.lines import LineBlock

MOMENT = 1_769_411_415_123_456


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (b'{"user_id":"USER_0123","product_id":"P"}', b"USER_0123"),
        (b'{"product_id":"P","user_id":"USER_0123"}', b"USER_0123"),
        (b'{"user_id":5}', b"5"),
        (b'{"user_id":"5"}', b"5"),
        (b'{ "user_id" \t:  "a, b}" }', b"a, b}"),
        (b'{"user_id":""}', b""),
        ('{"user_id":"größe"}'.encode(), "größe".encode()),
        (b'\xff"user_id":"\xfe"', b"\xfe"),
        (b'{"user_id":"a","user_id":"b"}', b"a"),
        (b'{"user_id":"torn', None),
        (b'{"user_id":null}', None),
        (b'{"other_user_id":"a"}', None),
        (b"", None),
    ],
)
def test_the_key_is_the_first_user_id_without_its_quotes(line: bytes, key: bytes | None) -> None:
    neighbours = [b'{"user_id":"before"}', line, b'{"user_id":"after"}', b"{}"]
    keys = user_keys(split_lines(b"".join(each + b"\n" for each in neighbours)))
    assert keys.to_pylist() == [b"before", key, b"after", None]


@pytest.mark.parametrize(
    ("written", "time"),
    [
        (b"2026-01-26T07:10:15.123456+00:00", MOMENT),
        (b"2026-01-26T08:10:15.123456+01:00", MOMENT),
        (b"2026-01-26T07:10:15Z", MOMENT - 123_456),
        (b"2026-01-26T25:10:15Z", NO_TIME),
        (b"yesterday", NO_TIME),
        (b"", NO_TIME),
    ],
)
def test_the_time_is_the_timestamp_if_it_can_be_read(written: bytes, time: int) -> None:
    batch = JsonLines(keyed=False, timed=True).batch(LineBlock(b'{"timestamp": "' + written + b'"}\n', 1))
    assert batch.times is not None and batch.times.tolist() == [time]


def test_lines_without_a_timestamp_have_no_time() -> None:
    batch = JsonLines(keyed=False, timed=True).batch(LineBlock(b"\n{}\n\xff\n", 1))
    assert batch.times is not None and batch.times.tolist() == [NO_TIME] * 3


def test_lines_stay_what_they_are_and_nothing_is_looked_for_in_vain() -> None:
    data = b'{"user_id":"a"}\n\n\xff\x00\r\nbroken\n'
    batch = JsonLines(keyed=False, timed=False).batch(LineBlock(data, 1))
    assert joined(batch.lines) == data and len(batch) == 4
    assert batch.keys is None and batch.times is None
