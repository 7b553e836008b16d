"""The file that people edit: what is exported, and what an edited line proposes."""

import base64
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clickwatch.domain.event import MAX_RECORD_BYTES, Event, Refusal
from clickwatch.domain.judge import judge
from clickwatch.domain.place import Place
from clickwatch.repair.document import MAX_LINE_BYTES, Malformed, line_of, proposal_of
from clickwatch.store.quarantine import QuarantinedRecord, quarantined
from tests.support.mangling import mangled

GOOD = '{"user_id":"u","product_id":"p","event_type":"view","timestamp":"2026-01-26T07:10:15Z"'


def exported(raw: bytes) -> str:
    return line_of(_record(raw))


def _record(raw: bytes) -> QuarantinedRecord:
    verdict = judge(raw, 2**61, 0)
    return quarantined(3, 1234, 1769411415123456, verdict.reason if isinstance(verdict, Refusal) else "invalid:x", raw)


def test_an_object_is_exported_as_one_to_be_edited_member_by_member() -> None:
    line = json.loads(exported(GOOD.encode() + b',"price":-1}'))
    assert line["place"] == "3:1234"
    assert line["reason"] == "invalid:price"
    assert line["log_time"] == "2026-01-26T07:10:15.123456Z"
    assert line["length"] == len(GOOD) + 12
    assert line["raw"] == GOOD + ',"price":-1}'
    assert line["record"] == {**json.loads(GOOD + "}"), "price": -1}


@pytest.mark.parametrize("raw", [b'{"user_id":"u"', b"", b"[1, 2]", b'"text"', b'{"a":1}, "x":{}', b"{" * 80, b"null"])
def test_what_is_no_object_is_exported_as_text(raw: bytes) -> None:
    assert json.loads(exported(raw))["record"] == raw.decode()


def test_bytes_that_are_not_utf_8_are_kept_whole_and_shown_as_escapes() -> None:
    line = json.loads(exported(b'{"user_id":"M\xfcller"}'))
    assert base64.b64decode(line["raw_base64"]) == b'{"user_id":"M\xfcller"}'
    assert line["record"] == r'{"user_id":"M\xfcller"}'
    assert "raw" not in line


def test_a_record_that_is_not_kept_whole_ends_in_a_sign_of_it() -> None:
    raw = GOOD.encode() + b"}" + b" " * MAX_RECORD_BYTES + b"x"
    line = json.loads(exported(raw))
    assert (line["length"], line["record"][-2:]) == (len(raw), " …")


def test_digits_order_and_repeated_names_survive() -> None:
    text = '{"b":1.50,"a":[1e3,{"x":null}],"b":12345678901234567890.0,"c":true}'
    assert proposal_of(exported(text.encode()).encode()).raw == text.encode()


hostile = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.text(max_size=200).map(
        lambda text: json.dumps({"user_id": text}, ensure_ascii=False).encode("utf-8", "replace")
    ),
    st.randoms().map(lambda random: mangled(random, GOOD.encode() + b"}")),
)


@given(hostile)
@example(b"\x1b[2J\xc2\x9b\xe2\x80\xae\x00")
@example(b'{"user_id":"\xe2\x80\xa8\xc2\x85\x7f"}')
@example(GOOD.encode() + b"}" + b" " * MAX_RECORD_BYTES)
@example(b"x" * (MAX_RECORD_BYTES + 1))
@example(b"\x00" * MAX_RECORD_BYTES)
@example(b'{"a":' * 62 + b"1" + b"}" * 62)
def test_whatever_was_refused_is_one_harmless_line_and_refused_again_unedited(raw: bytes) -> None:
    line = exported(raw)
    assert line.isprintable()
    assert len(line.encode()) <= MAX_LINE_BYTES
    proposal = proposal_of(line.encode())
    assert proposal.place == Place(3, 1234)
    first, again = judge(raw, 2**61, 0), judge(proposal.raw, 2**61, 0)
    if isinstance(first, Refusal):
        assert isinstance(again, Refusal), "nobody has corrected it"
    else:
        assert again == first


def test_a_record_may_be_written_as_text_with_line_breaks() -> None:
    line = json.dumps({"place": "0:1", "record": f'  {GOOD},\n\t"category":"c"}}\r\n'})
    verdict = judge(proposal_of(line.encode()).raw, 2**61, 0)
    assert isinstance(verdict, Event)
    assert verdict.category == "c"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"", "it is not JSON"),
        (b"nonsense\x1b[2J", r"it is not JSON"),
        (b'{"place":"0:1","record":{}', "it is not JSON"),
        (b'{"place":"0:1","record":"\xff"}', "it is not JSON"),
        (b'{"place":"0:1","record":' + b"[" * 99 + b"]" * 99 + b"}", "it is not JSON: nested too deep"),
        (b"[]", "it is no JSON object"),
        (b'{"record":{}}', "`place` is missing"),
        (b'{"place":"0:1","place":"0:2","record":{}}', "`place` is there twice"),
        (b'{"place":7,"record":{}}', "`place` is no text"),
        (b'{"place":"\\u001b[2J","record":{}}', "`place`: .* is no place"),
        (b'{"place":"0:1"}', "`record` is missing"),
        (b'{"place":"0:1","record":{},"record":{}}', "`record` is there twice"),
        (b'{"place":"0:1","record":null}', "`record` is neither an object nor text"),
        (b'{"place":"0:1","record":[{}]}', "`record` is neither an object nor text"),
    ],
)
def test_a_malformed_line_is_refused_in_words_that_no_terminal_obeys(line: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why) as refusal:
        proposal_of(line)
    assert str(refusal.value).isprintable()
