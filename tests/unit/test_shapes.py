"""What a record's shape is, and which records have none."""

import pytest

from clickwatch.intake.shapes import Member, learn

_RECORD = b'{"user_id":"u","product_id":7,"event_type":"view","timestamp":"t","quantity":2}'


def test_a_shape_is_what_stays_between_the_values() -> None:
    shape = learn(_RECORD)
    assert shape is not None
    assert shape.members == (
        Member("user_id", quoted=True),
        Member("product_id", quoted=False),
        Member("event_type", quoted=True),
        Member("timestamp", quoted=True),
        Member("quantity", quoted=False),
    )
    assert shape.gaps == (
        b'{"user_id":"',
        b'","product_id":',
        b',"event_type":"',
        b'","timestamp":"',
        b'","quantity":',
        b"}",
    )
    assert (shape.quotes, shape.separators) == (16, 4)


def test_records_that_differ_in_values_alone_have_one_shape() -> None:
    assert learn(_RECORD) == learn(
        _RECORD.replace(b'"u"', b'"another"').replace(b":7", b":123").replace(b":2", b":0.5")
    )


def test_literals_belong_to_the_shape() -> None:
    shape = learn(_RECORD[:-1] + b',"category":null,"mobile":true,"x":""}')
    assert shape is not None
    assert shape.gaps[-2:] == (b',"category":null,"mobile":true,"x":"', b'"}')
    assert shape.members[-1] == Member(None, quoted=True)
    assert shape.separators == 7


def test_a_layout_with_spaces_has_its_own_separator() -> None:
    shape = learn(_RECORD.replace(b",", b", ").replace(b":", b": "))
    assert shape is not None
    assert (shape.separator, shape.separators) == (b', "', 4)


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"{}",
        b"[]",
        _RECORD[:-1],
        _RECORD + b"x",
        _RECORD[:-1] + b",}",
        _RECORD[:-1] + b',"user_id":"v"}',
        _RECORD[:-1] + b',"category":null,"category":"x"}',
        _RECORD[:-1] + b',"extra":{}}',
        _RECORD[:-1] + b',"extra":[1]}',
        _RECORD[:-1] + b',"category":7}',
        _RECORD[:-1] + b',"category":true}',
        _RECORD[:-1] + b',"price":"7"}',
        _RECORD[:-1] + b',"price":07}',
        _RECORD[:-1] + b',"a\\u0062":1}',
        _RECORD[:-1] + b',"extra":"\\n"}',
        _RECORD.replace(b'"u"', b"null"),
        _RECORD.replace(b'"user_id"', b'"uid"'),
        _RECORD.replace(b",", b" ,"),
        _RECORD.replace(b",", b", ", 1),
        _RECORD[:-1] + b',"' + b"x" * 300 + b'":1}',
    ],
)
def test_what_the_columns_cannot_decide_on_has_no_shape(record: bytes) -> None:
    assert learn(record) is None
