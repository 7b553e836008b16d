"""JSON written so that an editor and a terminal show all of it, and read so that nothing of it is changed."""

import json
from typing import cast

from clickwatch.domain.strict_json import JsonNumber


def text_of(value: object) -> str:
    """A value of `parse_json` as JSON again: the same keys in the same order, repeated ones too, the same digits."""
    if type(value) is JsonNumber:
        return str(value)
    if isinstance(value, tuple):
        members = cast(tuple[tuple[str, object], ...], value)
        return "{" + ",".join(f"{_quoted(key)}:{text_of(member)}" for key, member in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text_of, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def visible(text: str) -> str:
    """JSON text with everything that is not itself visible written as JSON's own escapes."""
    return text if text.isprintable() else "".join(map(_visible, text))


def _quoted(key: str) -> str:
    return json.dumps(key, ensure_ascii=False)


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return json.dumps(character)[1:-1]
