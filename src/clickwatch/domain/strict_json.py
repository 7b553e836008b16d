"""JSON exactly as RFC 8259 has it, with everything refused that lenient parsers let through.

The standard library's scanner does the reading; around it stand the checks that it leaves out: NaN and
Infinity, lone surrogates, nesting, text after the document. Numbers stay text, so that no digit is lost and
no size of number costs more than its length.
"""

import re
from json import JSONDecoder
from typing import NoReturn

from clickwatch.domain.event import MAX_DEPTH

_WHITESPACE = " \t\n\r"
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_SOUND_ESCAPE = re.compile(
    r"\\(?:[^u]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
)


class NotJson(ValueError):
    """The bytes are no JSON document."""


class JsonNumber(str):
    """A JSON number as it was written."""

    __slots__ = ()


def parse_json(raw: bytes) -> object:
    """Read one JSON document; raises NotJson.

    Strings are `str`, numbers `JsonNumber`, arrays `list`, objects `tuple`s of (key, value) in the order written,
    repeated keys included. Containers nest MAX_DEPTH deep at most.
    """
    if _nests_too_deep(raw):
        raise NotJson("nested too deep")
    try:
        text = raw.decode("utf-8").strip(_WHITESPACE)
        document, end = _DECODER.raw_decode(text)
    except ValueError as error:
        raise NotJson(str(error)) from None
    if end != len(text):
        raise NotJson("text after the document")
    if "\\u" in text and "\\" in _SOUND_ESCAPE.sub("", text):
        raise NotJson("a lone surrogate")
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise NotJson(f"{name} is no JSON number")


_DECODER = JSONDecoder(
    object_pairs_hook=tuple, parse_int=JsonNumber, parse_float=JsonNumber, parse_constant=_refuse_constant
)


def _nests_too_deep(raw: bytes) -> bool:
    """Whether a JSON reader would nest deeper than MAX_DEPTH in `raw` before its end or the first error."""
    if raw.count(b"{") + raw.count(b"[") <= MAX_DEPTH:
        return False
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(raw):
        first = token[0][:1]
        if first in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif first in b"]}":
            depth -= 1
    return False
