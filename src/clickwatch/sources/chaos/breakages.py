"""All the ways to break a record: each with the one reason for which it has to be refused."""

from dataclasses import dataclass

_WHO = b'"user_id":"@user",'
_WHAT = b'"product_id":"BROKEN",'
_KIND = b'"event_type":"view",'
_WHEN = b'"timestamp":"@timeZ"'
_WHOLE = _WHO + _WHAT + _KIND + _WHEN
_LONG = b"x" * 129
_TOO_MUCH = 32 * 1024


@dataclass(frozen=True)
class Breakage:
    """A broken record, as a template, and the reason that intake has to give."""

    name: str
    reason: str
    template: bytes


def _record(name: str, reason: str, fields: bytes) -> Breakage:
    return Breakage(name, reason, b"{" + fields + b"}")


def _with(name: str, reason: str, field: bytes) -> Breakage:
    return _record(name, reason, _WHOLE + b"," + field)


def _not_json(name: str, template: bytes) -> Breakage:
    return Breakage(name, "not_json", template)


_TEXT = (
    _with("longer than 32 KiB", "too_large", b'"padding":"' + b"x" * _TOO_MUCH + b'"'),
    Breakage("longer than 32 KiB, and no JSON", "too_large", b"{" * (_TOO_MUCH + 1)),
    _not_json("an empty line", b""),
    _not_json("cut in the middle", b"{" + _WHO + b'"product_id":"BRO'),
    _not_json("text after the object", b"{" + _WHOLE + b"} trailing"),
    _not_json("two objects", b"{" + _WHOLE + b"}{" + _WHOLE + b"}"),
    _not_json("a trailing comma", b"{" + _WHOLE + b",}"),
    _not_json("single quotes", (b"{" + _WHOLE + b"}").replace(b'"', b"'")),
    _not_json("a comment", b"{" + _WHOLE + b"/* */}"),
    _not_json("a price that is not a number", b"{" + _WHOLE + b',"price":NaN}'),
    _not_json("an infinite price", b"{" + _WHOLE + b',"price":Infinity}'),
    _not_json("a number with a leading zero", b"{" + _WHOLE + b',"quantity":01}'),
    _not_json("a byte order mark", b"\xef\xbb\xbf{" + _WHOLE + b"}"),
    _not_json("bytes that are no UTF-8", b"{" + _WHOLE + b',"category":"caf\xe9"}'),
    _not_json("half a surrogate pair", b"{" + _WHOLE + b',"category":"\\ud83d"}'),
    _not_json("a tab within a text", b"{" + _WHOLE + b',"category":"a\tb"}'),
    _not_json("65 levels deep", b"{" + _WHOLE + b',"deep":' + b"[" * 64 + b"]" * 64 + b"}"),
    Breakage("an array", "not_an_object", b"[{" + _WHOLE + b"}]"),
    Breakage("a text", "not_an_object", b'"@user"'),
    Breakage("null", "not_an_object", b"null"),
)
_MISSING = (
    _record("no user", "missing:user_id", _WHAT + _KIND + _WHEN),
    _record("a user that is null", "missing:user_id", b'"user_id":null,' + _WHAT + _KIND + _WHEN),
    _record("no product", "missing:product_id", _WHO + _KIND + _WHEN),
    _record("no event type", "missing:event_type", _WHO + _WHAT + _WHEN),
    _record("no time", "missing:timestamp", _WHO + _WHAT + b'"event_type":"view"'),
    _record("an empty object", "missing:user_id", b""),
)
_IDS = (
    _record("an empty user", "invalid:user_id", b'"user_id":"",' + _WHAT + _KIND + _WHEN),
    _record("a user of 129 letters", "invalid:user_id", b'"user_id":"' + _LONG + b'",' + _WHAT + _KIND + _WHEN),
    _record("a user that is a fraction", "invalid:user_id", b'"user_id":1.5,' + _WHAT + _KIND + _WHEN),
    _record("a product of 129 letters", "invalid:product_id", _WHO + b'"product_id":"' + _LONG + b'",' + _KIND + _WHEN),
    _record("a product that is true", "invalid:product_id", _WHO + b'"product_id":true,' + _KIND + _WHEN),
    _record(
        "a product that colours the terminal",
        "invalid:product_id",
        _WHO + b'"product_id":"\\u001b[31mBROKEN\\u001b]0;title\\u0007",' + _KIND + _WHEN,
    ),
    _record(
        "a product that is told twice", "invalid:product_id", _WHO + _WHAT + b'"product_id":"BROKEN",' + _KIND + _WHEN
    ),
)
_KINDS_AND_TIMES = (
    _record("an event type that is a number", "invalid:event_type", _WHO + _WHAT + b'"event_type":1,' + _WHEN),
    _record("an event type nobody knows", "unknown_event_type", _WHO + _WHAT + b'"event_type":"teleport",' + _WHEN),
    _record("an event type in capitals", "unknown_event_type", _WHO + _WHAT + b'"event_type":"VIEW",' + _WHEN),
    _record("a time without a zone", "invalid:timestamp", _WHO + _WHAT + _KIND + b'"timestamp":"@time"'),
    _record("a time that is a number", "invalid:timestamp", _WHO + _WHAT + _KIND + b'"timestamp":1769411415'),
    _record("hour 24", "invalid:timestamp", _WHO + _WHAT + _KIND + b'"timestamp":"2026-01-26T24:00:00Z"'),
    _record("30 February", "invalid:timestamp", _WHO + _WHAT + _KIND + b'"timestamp":"2026-02-30T07:00:00Z"'),
    _record("the year 2999", "future_timestamp", _WHO + _WHAT + _KIND + b'"timestamp":"2999-01-01T00:00:00Z"'),
    _record("the last moment", "future_timestamp", _WHO + _WHAT + _KIND + b'"timestamp":"9999-12-31T23:59:59.999999Z"'),
)
_OPTIONAL = (
    _with("a category that is a number", "invalid:category", b'"category":7'),
    _with("an empty category", "invalid:category", b'"category":""'),
    _with("a category of 129 letters", "invalid:category", b'"category":"' + _LONG + b'"'),
    _with("a category with a control character", "invalid:category", b'"category":"\\u0085"'),
    _with("an event id of 65 letters", "invalid:event_id", b'"event_id":"' + b"x" * 65 + b'"'),
    _with("a session that is a list", "invalid:session_id", b'"session_id":["a"]'),
    _with("an empty order", "invalid:order_id", b'"order_id":""'),
    _with("no pieces", "invalid:quantity", b'"quantity":0'),
    _with("one and a half pieces", "invalid:quantity", b'"quantity":1.5'),
    _with("pieces in quotes", "invalid:quantity", b'"quantity":"1"'),
    _with("a negative price", "invalid:price", b'"price":-0.01'),
    _with("a price beyond all bounds", "invalid:price", b'"price":1e11'),
    _with("a currency nobody knows", "invalid:currency", b'"currency":"usd"'),
)
BREAKAGES = _TEXT + _MISSING + _IDS + _KINDS_AND_TIMES + _OPTIONAL
