"""Records that look wrong and keep the contract: each with what has to be understood."""

from dataclasses import dataclass

from clickwatch.sources.shoppers import ADD_TO_CART, PURCHASE, REMOVE_FROM_CART, VIEW

_WHO = b'"user_id":"@user"'
_WHAT = b'"product_id":"ODD"'
_WHEN = b'"timestamp":"@timeZ"'
_VIEW = b'"event_type":"view"'
_WHOLE = b",".join((_WHO, _WHAT, _VIEW, _WHEN))
_MOST = 32 * 1024


@dataclass(frozen=True)
class Oddity:
    """An odd record, as a template, and what it says: `kind` is what a shopper did, `category` may be none."""

    name: str
    template: bytes
    product: str = "ODD"
    kind: int = VIEW
    category: str | None = None


def _with(name: str, field: bytes, category: str | None = None) -> Oddity:
    return Oddity(name, b"{" + _WHOLE + b"," + field + b"}", category=category)


def _called(event_type: bytes, kind: int) -> Oddity:
    fields = (_WHO, _WHAT, b'"event_type":"' + event_type + b'"', _WHEN)
    return Oddity(f"called {event_type.decode()}", b"{" + b",".join(fields) + b"}", kind=kind)


def _at(name: str, written: bytes) -> Oddity:
    return Oddity(name, b"{" + b",".join((_WHO, _WHAT, _VIEW, b'"timestamp":"' + written + b'"')) + b"}")


def _of(name: str, written: bytes, product: str) -> Oddity:
    return Oddity(name, b"{" + b",".join((_WHO, b'"product_id":' + written, _VIEW, _WHEN)) + b"}", product=product)


def _exactly(size: int) -> Oddity:
    start, end = b"{" + _WHOLE + b',"padding":"', b'"}'
    # The two places grow when they are filled: a user has 9 letters, a time 26.
    filling = size - len(start) - len(end) - (len(b"USER_0000") - len(b"@user")) - (26 - len(b"@time"))
    return Oddity("exactly 32 KiB", start + b"x" * filling + end)


ODDITIES = (
    Oddity("only what is required", b"{" + _WHOLE + b"}"),
    Oddity("in another order", b"{" + b",".join((_WHEN, _VIEW, _WHAT, _WHO)) + b"}"),
    Oddity("with blanks", b" { " + _WHOLE.replace(b":", b" : ").replace(b",", b" ,\t") + b" }\r"),
    Oddity(
        "in escapes", b"{" + _WHOLE.replace(b"ODD", b"\\u004f\\u0044D").replace(b"user_id", b"user\\u005fid") + b"}"
    ),
    _of("a product that is a number", b"4711", "4711"),
    _of("the same product in quotes", b'"4711"', "4711"),
    _at("at another clock", b"@elsewhere+05:30"),
    _at("at another clock, without a colon", b"@elsewhere+0530"),
    _at("in nanoseconds", b"@time999Z"),
    _at("in UTC by numbers", b"@time-00:00"),
    _called(b"view_item", VIEW),
    _called(b"Product Viewed", VIEW),
    _called(b"Product Added", ADD_TO_CART),
    _called(b"cart", ADD_TO_CART),
    _called(b"Product Removed", REMOVE_FROM_CART),
    _called(b"Order Completed", PURCHASE),
    _with("no category", b'"category":null'),
    _with("a category called unknown", b'"category":"unknown"'),
    _with("one category", b'"category":"odds"', "odds"),
    _with("another category", '"category":"größe 😀"'.encode(), "größe 😀"),
    _with("a surrogate pair", b'"category":"\\ud83d\\ude00"', "😀"),
    _with("everything null", b'"event_id":null,"session_id":null,"order_id":null,"price":null,"quantity":null'),
    _with("numbers with exponents", b'"quantity":1.0,"price":1e3,"currency":"EUR"'),
    _with("a price of many digits", b'"price":0.00005'),
    _with("fields of other people", b'"password":"secret","nested":{"user_id":"x","product_id":["y"]}'),
    _with("another's field twice", b'"x":1,"x":2'),
    _with("64 levels deep", b'"deep":' + b"[" * 63 + b"]" * 63),
    _exactly(_MOST),
)
