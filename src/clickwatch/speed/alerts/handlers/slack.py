"""A message in the form that Slack's incoming webhooks take, and Mattermost, Rocket.Chat and Discord with them."""

import json
from typing import Any

from clickwatch.domain.plain_text import printable
from clickwatch.domain.window import SECOND
from clickwatch.speed.alerts.day_summary import DaySummary
from clickwatch.speed.alerts.handlers.port import Message
from clickwatch.speed.alerts.handlers.wording import facts, headline
from clickwatch.speed.alerts.message import BEGINNING, CORRECTION, END, TEST, AlertMessage

_COLOURS = {BEGINNING: "#d9480f", END: "#2b8a3e", CORRECTION: "#868e96", TEST: "#1971c2"}
_SUMMARY_COLOUR = "#1971c2"
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def slack_body(message: Message) -> bytes:
    """The JSON to post, in ASCII: `text` for notifications and simple services, the rest as an attachment."""
    if isinstance(message, DaySummary):
        text, attachment = _escaped(message.title), _summarised(message)
    else:
        text, attachment = headline(message, _code), _alerted(message)
    return json.dumps({"text": text, "attachments": [attachment]}).encode("ascii")


def _summarised(summary: DaySummary) -> dict[str, Any]:
    """The text in one block of code, where columns stay columns."""
    lines = "\n".join(_escaped(line) for line in summary.text.strip().splitlines()).replace("`", "ˋ")
    return {
        "fallback": _escaped(summary.title),
        "color": _SUMMARY_COLOUR,
        "text": f"```\n{lines}\n```",
        "mrkdwn_in": ["text"],
        "footer": "clickwatch",
    }


def _alerted(message: AlertMessage) -> dict[str, Any]:
    """The facts as fields."""
    return {
        "fallback": headline(message, _escaped),
        "color": _COLOURS[message.kind],
        "fields": [{"title": name, "value": value, "short": True} for name, value in facts(message, _code)],
        "mrkdwn_in": ["fields"],
        "footer": "clickwatch",
        "ts": message.window_end // SECOND,
    }


def _escaped(text: str) -> str:
    return printable(text).translate(_ESCAPES)


def _code(text: str) -> str:
    """Text from outside as code: none of these services looks there for markup, links or people to call.

    A backtick would end the code, so it becomes the letter that looks like it.
    """
    return f"`{_escaped(text).replace('`', 'ˋ')}`"
