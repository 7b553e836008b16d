"""The event contract in examples: one table that any engine can be run against.

Each case is the bytes of one log record (without its line end), taken in at LOG_TIME, and what becomes of it: an
`Event`, or the reason of its refusal. Wherever the contract has a bound, there are cases on both sides of it.
"""

from dataclasses import dataclass
from decimal import Decimal

from clickwatch.domain.event import EVENT_TYPE_NAMES, FIELDS, MAX_DEPTH, MAX_RECORD_BYTES, Event, EventType
from tests.support.contract_records import PLAIN, event, micros, nested, padded, raw, with_text

LOG_TIME = micros("2026-01-26T08:00:00Z")
MAX_FUTURE = 300_000_000
"""5 minutes, in µs."""


@dataclass(frozen=True)
class Case:
    """One record and its fate; the name is a sentence."""

    name: str
    raw: bytes
    expected: Event | str


_README = (
    b'{"user_id":"USER_0123","product_id":"PROD_001","event_type":"view",'
    b'"timestamp":"2026-01-26T07:10:15.123456+00:00","category":"smartphones"}'
)
_README_EVENT = Event(
    "USER_0123", "PROD_001", EventType.VIEW, micros("2026-01-26T07:10:15.123456Z"), category="smartphones"
)
_FULL = raw(
    event_type='"purchase"', category='"books"', event_id='"e1"', session_id='"s1"', order_id='"o1"',
    quantity="2", price="9.99", currency='"EUR"',
)  # fmt: skip
_FULL_EVENT = event(
    event_type=EventType.PURCHASE, category="books", event_id="e1", session_id="s1", order_id="o1",
    quantity=2, price=Decimal("9.99"), currency="EUR",
)  # fmt: skip

WHOLE = [
    Case("the example that a user knows is accepted", _README, _README_EVENT),
    Case("only the required fields are enough", raw(), event()),
    Case("every field is kept", _FULL, _FULL_EVENT),
    Case("a field of another name is dropped", with_text('"email":"a@b.c","extra":{"deep":[1,null,true]},'), event()),
    Case("a field name in other case is another field", raw(User_Id='"x"'), event()),
    Case("blanks around the tokens do not matter", b" \t" + raw().replace(b":", b" : ", 1) + b" \r\n", event()),
    Case("a record of 32 KiB is judged", padded(MAX_RECORD_BYTES), event()),
    Case("a record above 32 KiB is too large", padded(MAX_RECORD_BYTES + 1), "too_large"),
    Case("the size is judged before the JSON", b"[" * (MAX_RECORD_BYTES + 1), "too_large"),
    Case("blanks count into the size", raw() + b" " * MAX_RECORD_BYTES, "too_large"),
]


SURROGATES = {
    "a high surrogate alone": r"\ud800",
    "a low surrogate alone": r"\udfff",
    "two high surrogates": r"\ud83d\ud83d",
    "a low surrogate before a high one": r"\ude00\ud83d",
    "a high surrogate before a letter": r"\uD83Dx",
    "a high surrogate before another escape": r"\uD83D\n",
    "a high surrogate before an escaped backslash and u": r"\uD83D\\ude00",
    "a high surrogate before a pair": r"\ud83d\ud83d\ude00",
}
NOT_JSON = {
    "an empty line": b"",
    "a line of blanks": b" \t \r",
    "a line of text": b"hello",
    "a cut record": raw()[:-1],
    "a cut string": b'{"user_id":"u',
    "a trailing comma": raw()[:-1] + b",}",
    "a trailing comma in an array": with_text('"extra":[1,],'),
    "a missing comma": raw().replace(b",", b" ", 1),
    "a missing colon": raw().replace(b":", b" ", 1),
    "a missing value": with_text('"extra":,'),
    "single quotes": raw().replace(b'"', b"'"),
    "a name without quotes": raw().replace(b'"user_id"', b"user_id"),
    "a comment": raw() + b"//",
    "a second document": raw() + raw(),
    "a bracket too many": raw() + b"}",
    "a NUL after the document": raw() + b"\x00",
    "a non-breaking space after the document": raw() + "\u00a0".encode(),
    "a form feed before the document": b"\x0c" + raw(),
    "a byte order mark": b"\xef\xbb\xbf" + raw(),
    "UTF-16": raw().decode().encode("utf-16"),
    "a byte that is no UTF-8": raw(category='"?"').replace(b"?", b"\xff"),
    "an overlong UTF-8 form": raw(category='"?"').replace(b"?", b"\xc0\xaf"),
    "a surrogate in UTF-8": raw(category='"?"').replace(b"?", b"\xed\xa0\x80"),
    "UTF-8 beyond the last code point": raw(category='"?"').replace(b"?", b"\xf4\x90\x80\x80"),
    "UTF-8 cut in a character": raw(category='"?"').replace(b'?"}', b"\xf0\x9f\x98"),
    "bad UTF-8 in a field that is dropped": with_text('"extra":"?",').replace(b"?", b"\x80"),
    "a raw line feed in a string": raw(category='"a\nb"'),
    "a raw tab in a string": raw(category='"a\tb"'),
    "a raw NUL in a string": raw(category='"a\x00b"'),
    "a raw control character in a dropped field": with_text('"extra":"a\x1fb",'),
    "an unknown escape": raw(category=r'"\x41"'),
    "an escape with three hex digits": raw(category=r'"\u004"'),
    "an escape with an underscore": raw(category=r'"\u0_41"'),
    "an escape with a capital U": raw(category=r'"\U0041"'),
    "NaN": raw(price="NaN"),
    "Infinity": raw(price="Infinity"),
    "-Infinity": raw(price="-Infinity"),
    "NaN in a dropped field": with_text('"extra":[NaN],'),
    "a number with a leading zero": raw(quantity="01"),
    "a number with a plus sign": raw(quantity="+1"),
    "a number without digits before the point": raw(price=".5"),
    "a number without digits after the point": raw(price="1."),
    "a number without digits in the exponent": raw(price="1e"),
    "a hexadecimal number": raw(quantity="0x1"),
    "a number of full-width digits": raw(quantity="\uff11"),
    "a number with full-width decimals": raw(price="1.\uff11"),
    "a number with an underscore": raw(quantity="1_0"),
    "a lone minus": raw(quantity="-"),
    "True with a capital": with_text('"extra":True,'),
    "undefined": with_text('"extra":undefined,'),
    "a number as a name": with_text("1:2,"),
    "depth 65": nested(MAX_DEPTH + 1),
    "an array 65 deep": b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
    "thousands of open brackets": b"[" * 30_000,
    "thousands of open objects": b'{"a":' * 6_000,
    "thousands of escaped quotes": b'"' + rb"\"" * 16_000,
} | {f"{what} in a kept field": raw(category=f'"{text}"') for what, text in SURROGATES.items()}
NOT_JSON |= {
    "a lone surrogate in a dropped field": with_text(r'"extra":"\ud800",'),
    "a lone surrogate deep in a dropped field": with_text(r'"extra":[{"a":["\udc00"]}],'),
    "a lone surrogate in a name": with_text(r'"\ud800":1,'),
    "a lone surrogate in a value that is overwritten": with_text(r'"extra":"\ud800","extra":"fine",'),
}
JSON = [Case(f"{what} is not JSON", line, "not_json") for what, line in NOT_JSON.items()] + [
    Case("depth 64 is JSON", nested(MAX_DEPTH), event()),
    Case("an array 64 deep is JSON", b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, "not_an_object"),
    Case("depth 64 beside other containers is JSON", nested(MAX_DEPTH)[:-1] + b',"more":[[],{}]}', event()),
    Case("depth 65 after other containers is not JSON", b'{"more":[[],{}],' + nested(MAX_DEPTH + 1)[1:], "not_json"),
    Case("many containers side by side are not deep", with_text('"extra":[' + "{}," * 500 + "[]],"), event()),
    Case("brackets in a string are not deep", with_text('"extra":"' + "[{" * 500 + '",'), event()),
    Case("brackets after an escape are not deep", with_text(r'"extra":"\\' + "[" * 500 + '",'), event()),
    Case("brackets after an escaped quote are not deep", with_text(r'"extra":"\"' + "[" * 500 + '",'), event()),
    Case("a surrogate pair is one character", raw(category=r'"\ud83d\ude00"'), event(category="😀")),
    Case("a surrogate pair in capitals is one character", raw(category=r'"\uD83D\uDE00"'), event(category="😀")),
    Case("an escaped backslash before ud800 is text", raw(category=r'"\\ud800"'), event(category="\\ud800")),
    Case("the neighbours of the surrogates are characters", raw(category=r'"\ud7ff\ue000"'),
         event(category="\ud7ff\ue000")),
    Case("all short escapes are read", raw(category=r'"\"\\\/"'), event(category='"\\/')),
    Case("an escaped name is the field", 
         raw(user_id=None).replace(b"{", rb'{"\u0075ser_id":"u9",'), event(user_id="u9")),
    Case("a number of thousands of digits is dropped", with_text(f'"extra":{"9" * 20_000},'), event()),
    Case("a number of a vast exponent is dropped", with_text('"extra":-1e999999999999999999999,'), event()),
    Case("a string is not an object", b'"text"', "not_an_object"),
    Case("a number is not an object", b" 17 ", "not_an_object"),
    Case("null is not an object", b"null", "not_an_object"),
    Case("true is not an object", b"true", "not_an_object"),
    Case("an array of records is not an object", b"[" + raw() + b"]", "not_an_object"),
    Case("an empty object misses the first field", b"{}", "missing:user_id"),
]  # fmt: skip

_VALUES = {f.name: "1" if f.name in ("quantity", "price") else '"x"' for f in FIELDS} | PLAIN
REPEATS = [
    Case(f"{name} named twice is invalid, equal values too", raw(**{name: f'{value},"{name}":{value}'}),
         f"invalid:{name}")
    for name, value in (_VALUES | {"currency": '"EUR"'}).items()
] + [
    Case("a field named twice by an escape is invalid", with_text(r'"product\u005fid":"p1",'), "invalid:product_id"),
    Case("null twice is invalid, not missing", raw(user_id='null,"user_id":null'), "invalid:user_id"),
    Case("a repeated optional null is invalid", raw(price='null,"price":null'), "invalid:price"),
    Case("a field missing before a repeated one is found first", raw(user_id=None, price='1,"price":1'),
         "missing:user_id"),
    Case("a repeated field before a missing one is found first", raw(user_id='"u","user_id":"u"', timestamp=None),
         "invalid:user_id"),
    Case("a repeated unknown field does not matter", with_text('"extra":1,"extra":2,'), event()),
    Case("contract names repeated deeper do not matter", with_text('"extra":{"user_id":1,"user_id":2},'), event()),
    Case("a contract name deeper is no field", raw(user_id=None, extra='{"user_id":"u1"}'), "missing:user_id"),
]  # fmt: skip

_REQUIRED = [field.name for field in FIELDS if field.required]
_OPTIONAL = [field.name for field in FIELDS if not field.required]
PRESENCE = (
    [Case(f"a record without {name} is refused", raw(**{name: None}), f"missing:{name}") for name in _REQUIRED]
    + [Case(f"a null {name} is missing", raw(**{name: "null"}), f"missing:{name}") for name in _REQUIRED]
    + [Case(f"a null {name} is absent", raw(**{name: "null"}), event()) for name in _OPTIONAL]
    + [
        Case("a category named unknown is unknown", raw(category='"unknown"'), event(category="unknown")),
        Case("the first field in table order is named", raw(product_id="null", user_id="true"), "invalid:user_id"),
        Case("the order of the record does not matter", raw(user_id=None, product_id="[]", event_type=None).replace(
            b"}", b',"user_id":7.5}'), "invalid:user_id"),
        Case("the event type comes before the timestamp", raw(event_type='"x"', timestamp="1"), "unknown_event_type"),
        Case("the currency comes last", raw(price="-1", currency="1"), "invalid:price"),
    ]
)  # fmt: skip


def _text_cases(name: str, longest: int) -> list[Case]:
    refused = {
        "empty": '""', "true": "true", "false": "false", "an array": '["x"]', "an object": '{"x":1}',
        "a fraction": "1.0", "an escaped NUL": r'"a\u0000"', "an escaped tab": r'"a\tb"',
        "an escaped line feed": r'"\n"', "U+001F": r'"\u001f"', "U+007F": '"a\x7fb"', "an escaped U+007F": r'"\u007f"',
        "U+0080": '"\x80"', "U+009F": r'"\u009f"', "U+0085, the next line": '"a\x85"',
        f"of {longest + 1} characters": f'"{"x" * (longest + 1)}"',
        f"of {longest + 1} astral characters": f'"{"😀" * (longest + 1)}"',
    }  # fmt: skip
    kept = {
        "of one character": "x", f"of {longest} characters": "x" * longest,
        f"of {longest} astral characters": "😀" * longest, "of one blank": " ", "in Greek": "Ψηφιακά",
        "with combining marks": "e\u0301", "with U+00A0": "a\u00a0b", "with U+2028 and U+FEFF": "\u2028\ufeff",
        "with an unassigned character": "\u0378", "with U+FFFF": "\uffff", "like a number": "007",
        "like a formula": "=1+1", "with a slash": "a/../b", "with blanks around": " a ",
    }  # fmt: skip
    return [
        Case(f"{name} {what} is invalid", raw(**{name: text}), f"invalid:{name}") for what, text in refused.items()
    ] + [
        Case(f"{name} {what} is kept", raw(**{name: f'"{text}"'}), event(**{name: text})) for what, text in kept.items()
    ]


def _id_cases(name: str) -> list[Case]:
    taken = ("0", "7", "9007199254740993", "9" * 19, "1" + "0" * 18)
    refused = ("-1", "-0", "1.0", "1e3", "1E3", "0.0", "0e0", "9" * 20, "1" + "0" * 19, "9" * 5_000)
    return [Case(f"{name} of the integer {n} is its digits", raw(**{name: n}), event(**{name: n})) for n in taken] + [
        Case(f"{name} of the number {n[:21]} ({len(n)} long) is invalid", raw(**{name: n}), f"invalid:{name}")
        for n in refused
    ]


TEXTS = [case for f in FIELDS if f.max_length for case in _text_cases(f.name, f.max_length)]
TEXTS += [case for name in ("user_id", "product_id") for case in _id_cases(name)]
TEXTS += [
    Case(f"{name} of an integer is invalid", raw(**{name: "1"}), f"invalid:{name}")
    for name in ("category", "event_id", "session_id", "order_id")
]

_TYPE_LITERALS = ("1", "true", "[]", "{}", '["view"]')
_STRANGE_TYPES = ("", "VIEW", "View", " view", "view ", "click", "product viewed", "view\\u0000", "unknown")
EVENT_TYPES = (
    [
        Case(f"the event type {n} is known", raw(event_type=f'"{n}"'), event(event_type=t))
        for n, t in EVENT_TYPE_NAMES.items()
    ]
    + [Case("an escaped event type is known", raw(event_type=r'"\u0076iew"'), event())]
    + [Case(f"the event type {t} is invalid", raw(event_type=t), "invalid:event_type") for t in _TYPE_LITERALS]
    + [Case(f"the event type {t!r} is unknown", raw(event_type=f'"{t}"'), "unknown_event_type") for t in _STRANGE_TYPES]
)

_TIMES = {
    "1970-01-01T00:00:00Z": "1970-01-01T00:00:00Z",
    "1970-01-01T14:00:00+14:00": "1970-01-01T00:00:00Z",
    "2024-02-29T12:00:00Z": "2024-02-29T12:00:00Z",
    "2000-02-29T12:00:00Z": "2000-02-29T12:00:00Z",
    "2026-01-25T23:59:59Z": "2026-01-25T23:59:59Z",
    "2026-01-26T07:10:15+0000": "2026-01-26T07:10:15Z",
    "2026-01-26T07:10:15-00:00": "2026-01-26T07:10:15Z",
    "2026-01-26T07:10:15+05:30": "2026-01-26T01:40:15Z",
    "2026-01-26T01:40:15-0530": "2026-01-26T07:10:15Z",
    "2026-01-26T21:10:15+14:00": "2026-01-26T07:10:15Z",
    "2026-01-25T17:10:15-14:00": "2026-01-26T07:10:15Z",
    "2026-01-26T07:10:15+00:59": "2026-01-26T06:11:15Z",
    "2026-01-26T07:10:15.1Z": "2026-01-26T07:10:15.100000Z",
    "2026-01-26T07:10:15.000001Z": "2026-01-26T07:10:15.000001Z",
    "2026-01-26T07:10:15.1234567Z": "2026-01-26T07:10:15.123456Z",
    "2026-01-26T07:10:15.999999999+00:00": "2026-01-26T07:10:15.999999Z",
    "2026-01-26T08:05:00Z": "2026-01-26T08:05:00Z",
    "2026-01-26T08:05:00.000000999Z": "2026-01-26T08:05:00Z",
}
_FUTURE_TIMES = (
    "2026-01-26T08:05:00.000001Z", "2026-01-26T09:05:01+01:00", "2100-02-28T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z", "9999-12-31T09:59:59-14:00", "9999-12-31T23:59:59+14:00",
)  # fmt: skip
_BAD_TIMES = (
    "", "2026-01-26", "2026-01-26T07:10:15", "2026-01-26T07:10:15.123456", "2026-01-26T07:10Z", "2026-01-26T07Z",
    "2026-01-26 07:10:15Z", "2026-01-26t07:10:15Z", "2026-01-26T07:10:15z", "2026-01-26T07:10:15 Z",
    " 2026-01-26T07:10:15Z", "2026-01-26T07:10:15Z ", "2026-01-26T07:10:15Z\\n", "20260126T071015Z",
    "2026-W05-1T07:10:15Z", "2026-026T07:10:15Z", "2026-1-26T07:10:15Z", "2026-01-26T7:10:15Z", "26-01-26T07:10:15Z",
    "+2026-01-26T07:10:15Z", "12026-01-26T07:10:15Z", "2026-00-26T07:10:15Z", "2026-13-26T07:10:15Z",
    "2026-01-00T07:10:15Z", "2026-01-32T07:10:15Z", "2026-02-29T07:10:15Z", "2100-02-29T07:10:15Z",
    "2026-04-31T07:10:15Z", "2026-01-25T24:00:00Z", "2026-01-25T23:60:00Z", "2026-01-25T23:59:60Z",
    "2026-01-26T07:10:15.Z", "2026-01-26T07:10:15.1234567890Z", "2026-01-26T07:10:15,5Z", "2026-01-26T07:10:15+00",
    "2026-01-26T07:10:15+0", "2026-01-26T07:10:15+1:00", "2026-01-26T07:10:15+00:0", "2026-01-26T07:10:15+00:60",
    "2026-01-26T07:10:15+14:01", "2026-01-26T07:10:15-14:01", "2026-01-26T07:10:15-1401", "2026-01-26T07:10:15+15:00",
    "2026-01-26T07:10:15+24:00", "2026-01-26T07:10:15+00:00:00", "2026-01-26T07:10:15Z+00:00", "2026-01-26T07:10:15UTC",
    "2026-01-26T07:10:15[UTC]", "2026-01-26T07:10:15\u221200:00", "\uff12026-01-26T07:10:15Z",
    "2026-01-26T07:10:15.\u0661Z", "2026-01-26T07:10:\u0661\u0661Z", "now", "1769411415", "0000-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.999999-01:00", "1970-01-01T00:00:00+00:01",
    "1970-01-01T13:59:59.999999+14:00", "9999-12-31T23:59:59-00:01", "9999-12-31T10:00:00-14:00",
    "10000-01-01T00:00:00Z",
)  # fmt: skip
_NO_TIMES = ("1769411415", "1769411415000", "true", "[]", "{}")


def _at(text: str) -> bytes:
    return raw(timestamp=f'"{text}"')


TIMES = (
    [Case(f"the time {text} is {utc}", _at(text), event(event_time=micros(utc))) for text, utc in _TIMES.items()]
    + [Case(f"the time {text} is in the future", _at(text), "future_timestamp") for text in _FUTURE_TIMES]
    + [Case(f"the time {text!a} is invalid", _at(text), "invalid:timestamp") for text in _BAD_TIMES]
    + [Case(f"the literal {text} is no time", raw(timestamp=text), "invalid:timestamp") for text in _NO_TIMES]
    + [
        Case("an invalid field comes before the future", raw(timestamp='"2027-01-01T00:00:00Z"', currency='"EURO"'),
             "invalid:currency"),
        Case("an escaped time is read", _at(r"2026\u002d01-26T07:10:15\u005a"), event()),
    ]
)  # fmt: skip

_QUANTITIES = {
    "1": 1, "1000000000": 10**9, "1.0": 1, "1.000": 1, "1e3": 1000, "1E+3": 1000, "1e0": 1, "10E-1": 1, "1e9": 10**9,
    "0.5e1": 5, "1.5e1": 15, "1000000000.0": 10**9, "0.000000001e9": 1, "999999999": 999_999_999,
    "1e0000000000000000003": 1000, "1" + "0" * 5_000 + "e-5000": 1, "0." + "0" * 4_999 + "1e5000": 1,
}  # fmt: skip
_BAD_QUANTITIES = (
    "0", "-0", "-1", "0.0", "0e5", "0e999999999999999999999", "1.5", "0.5", "1e-1", "15e-1", "1000000001", "1e10",
    "1000000000.1", "1000000000.5", "0.99999999999999999999", "1.00000000000000000001", "999999999.9999999999999",
    "1e999999999999999999999", "1e-999999999999", "9" * 20_000, "1e" + "9" * 20_000, "1e-" + "9" * 20_000, '"1"', '""',
    "true", "false", "[1]", "{}", "9223372036854775808", "-1e3",
)  # fmt: skip
_PRICES = {
    "0": "0", "-0": "0", "-0.0": "0", "0.0": "0", "-0e-5": "0", "0e999999999999999999": "0", "-0e" + "9" * 20_000: "0",
    "9.99": "9.99", "1e3": "1000", "1E-4": "0.0001", "0.1": "0.1", "0.12345": "0.1234", "0.12355": "0.1236",
    "0.00005": "0", "0.00015": "0.0002", "0.000050000000000000000000000000001": "0.0001",
    "0.00004999999999999999999999999999": "0", "1e-5": "0", "1e-999999999999": "0", "1e-" + "9" * 20_000: "0",
    "99999999999": "99999999999", "99999999999.9999": "99999999999.9999", "99999999999.99994": "99999999999.9999",
    "99999999999.99995": "100000000000", "9.9999999999999e10": "99999999999.999", "1e10": "10000000000",
    "99999999999." + "9" * 20_000: "100000000000", "1" + "0" * 20_000 + "e-20000": "1", "1234567.00005": "1234567",
    "0.00025": "0.0002", "19.999999": "20",
}  # fmt: skip
_BAD_PRICES = (
    "-1", "-0.00001", "-1e-999999999999", "100000000000", "100000000000.0", "1e11", "1e12", "0.1e12", "9" * 20_000,
    "1e999999999999999999", "1e999999999999999999999999", "-1e999999999999999999", "1e" + "9" * 20_000, '"9.99"', '""',
    "true", "[9.99]", "{}", '"€5"',
)  # fmt: skip
_CURRENCIES = ("EUR", "USD", "JPY", "XCG", "SLE", "HRK", "BGN", "DEM", "XXX", "XAU", "CHE")
_BAD_CURRENCIES = (
    '"eur"', '"Eur"', '"EURO"', '"EU"', '"€"', '""', '"ZZZ"', '"EUR "', '" EUR"', '"SUR"', "978", "true", "[]", "{}",
)  # fmt: skip


def _short(text: str) -> str:
    return text if len(text) < 40 else f"{text[:8]}… ({len(text)} long)"


AMOUNTS = (
    [Case(f"the quantity {_short(n)} is {q}", raw(quantity=n), event(quantity=q)) for n, q in _QUANTITIES.items()]
    + [Case(f"the quantity {_short(n)} is invalid", raw(quantity=n), "invalid:quantity") for n in _BAD_QUANTITIES]
    + [Case(f"the price {_short(n)} is {p}", raw(price=n), event(price=Decimal(p))) for n, p in _PRICES.items()]
    + [Case(f"the price {_short(n)} is invalid", raw(price=n), "invalid:price") for n in _BAD_PRICES]
    + [Case(f"the currency {c} is kept", raw(currency=f'"{c}"'), event(currency=c)) for c in _CURRENCIES]
    + [Case(f"the currency {c} is invalid", raw(currency=c), "invalid:currency") for c in _BAD_CURRENCIES]
)

CASES: tuple[Case, ...] = (*WHOLE, *JSON, *REPEATS, *PRESENCE, *TEXTS, *EVENT_TYPES, *TIMES, *AMOUNTS)
