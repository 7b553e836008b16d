"""Valid records of several producers, and many ways to spoil them."""

import json
from collections.abc import Callable
from random import Random

Mangle = Callable[[Random, bytes], bytes]

LOG_TIME = 1_769_414_400_000_000
"""2026-01-26T08:00:00Z in µs."""
TIMES = (
    "2026-01-26T07:10:15Z", "2026-01-26T07:10:15.5Z", "2026-01-26T07:10:15.123Z", "2026-01-26T07:10:15.123456+00:00",
    "2026-01-26T09:10:15.123456789Z", "2026-01-26T09:10:15+02:00", "2026-01-25T23:10:15.12-0830",
    "1970-01-01T00:00:00Z", "2026-01-26T08:05:00Z", "2026-01-26T08:05:00.000001Z",
    "2024-02-29T12:00:00.1234567+14:00", "2023-02-29T12:00:00Z", "2026-01-26T24:00:00Z", "2026-01-26T07:10:60Z",
    "2026-13-01T00:00:00Z", "2026-00-10T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-26T07:10:15",
    "2026-01-26t07:10:15z", "2026-01-26 07:10:15Z", "2026-01-26T07:10:15.Z", "1969-12-31T23:59:59Z",
    "2026-01-26T07:10:15+14:01", "2026-01-26T07:10:15+00:60", "1970-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:59.999999Z", "9999-11-30T00:00:00Z",
    "2026-01-26T07:10:15.1234567890Z", "2026-01-26T07:1٠:15Z", "2026-01-26T07:10:15−01:00", "20260126T071015Z", "",
)  # fmt: skip
NUMBERS = (
    "0", "1", "7", "-0", "-1", "01", "00", "1.", ".5", "1.0", "1.50", "0.0001", "0.00005", "12.34567", "1e3", "1E-2",
    "1e400", "99999999", "100000000", "999999999", "1000000000", "1000000001", "99999999999.9999", "100000000000",
    "123456789012345678", "1234567890123456789", "12345678901234567890", "1.2.3", "1-2", "+1", "0x10", "NaN",
    "Infinity", "null", "true", '"5"', "1 2",
)  # fmt: skip
TEXTS = (
    "", "x", "x" * 64, "x" * 65, "x" * 128, "x" * 129, "é" * 64, "é" * 65, "智" * 43, "智" * 128, "a,", ",a", "a:", "{",
    "}", "a,b", "\\n", "\\u0041", "\\ud800", "\\\\", "\x7f", "\x85", "\u2028", "\x00", "\t", '"', '","', "unknown",
    "view_item", "cart", "EUR", "eur", "Product Viewed", "Order Completed", "🛒", "﻿", "x" * 40_000,
)  # fmt: skip


def valid_record(rng: Random) -> bytes:
    """A record of one of several producers: compact, spaced, numbered, with extra fields, bare."""
    producer = rng.randrange(6)
    record: dict[str, object] = {
        "event_id": f"{rng.getrandbits(64):016x}",
        "user_id": f"USER_{rng.randrange(50)}",
        "product_id": f"PROD_{rng.randrange(20):03d}",
        "event_type": rng.choice(["view", "view", "view", "add_to_cart", "view_item", "Product Added"]),
        "timestamp": f"2026-01-26T07:{rng.randrange(60):02d}:{rng.randrange(60):02d}.{rng.randrange(10**6):06d}+00:00",
        "category": rng.choice(["books", "toys", "smartphones"]),
    }
    if rng.random() < 0.2:
        record |= {
            "event_type": "purchase",
            "quantity": rng.randrange(1, 9),
            "price": rng.randrange(99999) / 100,
            "currency": "EUR",
        }
    if producer == 1:
        record |= {"user_id": rng.randrange(10**9), "product_id": rng.randrange(10**6), "category": None}
    elif producer == 2:
        record |= {"category": rng.choice(["智能手机", "книги", "größer"]), "session_id": "s1"}
    elif producer == 3:
        record |= {"page": f"/p/{rng.randrange(99)}", "load_ms": rng.randrange(9999), "mobile": None, "order_id": "o"}
    elif producer == 4:
        record = {name: record[name] for name in ("timestamp", "event_type", "product_id", "user_id")}
    separators = (", ", ": ") if producer == 5 else (",", ":")
    return json.dumps(record, ensure_ascii=False, separators=separators).encode()


def _flip(rng: Random, record: bytes) -> bytes:
    at = rng.randrange(len(record))
    return record[:at] + bytes([record[at] ^ (1 << rng.randrange(8))]) + record[at + 1 :]


def _insert(rng: Random, record: bytes) -> bytes:
    at = rng.randrange(len(record) + 1)
    piece = rng.choice(
        [
            b'"',
            b",",
            b'",',
            b',"',
            b"\\",
            b" ",
            b"\t",
            b"\r",
            b"\x00",
            b"\xff",
            b"\xc2\x85",
            b"\xed\xa0\x80",
            b"{",
            b"}",
            b"[",
            b":",
            b"0",
            b"-",
            b".",
        ]
    )
    return record[:at] + piece + record[at:]


def _truncate(rng: Random, record: bytes) -> bytes:
    return record[: rng.randrange(len(record))]


def _remove(rng: Random, record: bytes) -> bytes:
    at = rng.randrange(len(record))
    return record[:at] + record[at + rng.randrange(1, 4) :]


def _append(rng: Random, record: bytes) -> bytes:
    return record + rng.choice([b" ", b"\r", b"  ", b"}", b",", b"{}", b"x", b'"', b"\x00"])


def _members(record: bytes) -> list[bytes]:
    return record[1:-1].split(b",")


def _swap(rng: Random, record: bytes) -> bytes:
    members = _members(record)
    rng.shuffle(members)
    return b"{" + b",".join(members) + b"}"


def _repeat(rng: Random, record: bytes) -> bytes:
    members = _members(record)
    return b"{" + b",".join([*members, rng.choice(members)]) + b"}"


def _drop(rng: Random, record: bytes) -> bytes:
    members = _members(record)
    members.pop(rng.randrange(len(members)))
    return b"{" + b",".join(members) + b"}"


def _value(rng: Random, record: bytes) -> bytes:
    """Another value in place of one, of the right kind or of a wrong one."""
    members = _members(record)
    at = rng.randrange(len(members))
    name, colon, _ = members[at].partition(b":")
    text = rng.choice([*TIMES, *TEXTS]).encode()
    literal = rng.choice([b'"' + text + b'"', b'"' + text + b'"', rng.choice(NUMBERS).encode()])
    if b"timestamp" in name and rng.random() < 0.7:
        literal = b'"' + rng.choice(TIMES).encode() + b'"'
    if (b"price" in name or b"quantity" in name) and rng.random() < 0.7:
        literal = rng.choice(NUMBERS).encode()
    members[at] = name + colon + literal
    return b"{" + b",".join(members) + b"}"


def _layout(rng: Random, record: bytes) -> bytes:
    old, new = rng.choice(
        [(b":", b" :"), (b",", b" ,"), (b",", b",\t"), (b"{", b"{ "), (b"}", b" }"), (b":", b":  "), (b"{", b" {")]
    )
    return record.replace(old, new) if rng.random() < 0.5 else record.replace(old, new, 1)


def _rename(rng: Random, record: bytes) -> bytes:
    old = rng.choice([b"user_id", b"category", b"event_type", b"product_id", b"event_id"])
    return record.replace(
        old,
        rng.choice([b"price", b"quantity", b"currency", b"timestamp", b"User_id", b"x", b"", b"a,", b"user\\u005fid"]),
        1,
    )


MANGLES: tuple[Mangle, ...] = (
    _flip, _insert, _truncate, _remove, _append, _swap, _repeat, _drop, _value, _value, _value, _layout, _rename,
)  # fmt: skip


def mangled(rng: Random, record: bytes) -> bytes:
    """The record, spoilt in one to three ways; it may still be valid, and holds no newline."""
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        record = rng.choice(MANGLES)(rng, record) or b"{}"
    return record.replace(b"\n", b" ")
