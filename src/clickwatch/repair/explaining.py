"""What was wrong with a record, in a sentence that shows the very bytes."""

from clickwatch.domain.event import EVENT_TYPE_NAMES, MAX_RECORD_BYTES, Reason
from clickwatch.domain.plain_text import printable
from clickwatch.domain.strict_json import NotJson, parse_json
from clickwatch.repair.json_text import text_of

_MOST_SHOWN = 80


def explanation(reason: str, raw: bytes) -> str:
    """Why the judge refused a record for `reason`, without a full stop; harmless for a terminal."""
    kind, _, field = reason.partition(":")
    match kind:
        case Reason.TOO_LARGE:
            return f"it is longer than {MAX_RECORD_BYTES // 1024} KiB"
        case Reason.NOT_JSON:
            return f"it is not one JSON document{_where(raw)}"
        case Reason.NOT_AN_OBJECT:
            return "it is JSON, and not an object"
        case "missing":
            return f"`{field}` is absent or null"
        case "invalid":
            return f"`{field}` is {_shown(raw, field)}, which its rule does not allow"
        case Reason.UNKNOWN_EVENT_TYPE:
            return f"`event_type` is {_shown(raw, 'event_type')}, and not one of {', '.join(EVENT_TYPE_NAMES)}"
        case Reason.FUTURE_TIMESTAMP:
            return f"`timestamp` is {_shown(raw, 'timestamp')}, further ahead of the log than INTAKE_MAX_FUTURE"
    return reason


def _where(raw: bytes) -> str:
    try:
        parse_json(raw)
    except NotJson as error:
        return f" ({cut(str(error))})"
    return ""


def _shown(raw: bytes, field: str) -> str:
    """The values of a field as they were written, one after the other."""
    try:
        document = parse_json(raw)
    except NotJson:
        return "not readable"
    members = document if isinstance(document, tuple) else ()
    return " and ".join(cut(text_of(value)) for key, value in members if key == field)


def cut(text: str) -> str:
    """The beginning of a text, without anything that a terminal would obey."""
    text = text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
    return printable(text)
