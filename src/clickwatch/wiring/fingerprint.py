"""The settings that shape decisions, written down with every epoch: they must not change under a stream."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from clickwatch.domain.duration import format_duration
from clickwatch.domain.event import CONTRACT_VERSION
from clickwatch.errors import KeyProblem, LogError, SettingsError

if TYPE_CHECKING:
    from clickwatch.intake.intake import IntakeRules  # commands that only ask which log it is need none of it

_LOG = "log"


def fingerprint(rules: "IntakeRules", log: str) -> str:
    """The decision-shaping settings as one line of JSON, by the names that people set, and the log's identity."""
    named = {_LOG: log} if log else {}
    return json.dumps(
        {
            **named,
            "contract": str(CONTRACT_VERSION),
            "SPARK_WINDOW_DURATION": format_duration(rules.spec.length),
            "SPARK_SLIDE_DURATION": format_duration(rules.spec.slide),
            "SPARK_WATERMARK_DELAY": format_duration(rules.stream.delay),
            "INTAKE_MAX_FUTURE": format_duration(rules.stream.max_future),
            "key": rules.pseudonymiser.key_id,
        }
    )


def log_of(recorded: str | None) -> str:
    """The identity of the log that a home was begun with; empty for its local log."""
    return str(json.loads(recorded).get(_LOG, "")) if recorded else ""


def another_log(first: str, other: str) -> LogError:
    """The error for a home that was begun with one log and would go on with another; by identity, empty for its own."""
    begun, now = (identity or "its local log" for identity in (first, other))
    return LogError(
        f"This home was begun with {begun}, and would go on with {now}",
        "Go on with the first one (--from log or kafka), or stream this one into a new home (CLICKWATCH_HOME)",
    )


def check_fingerprint(recorded: str | None, now: str) -> None:
    """Raise an error that names what changed unless the stream was begun with the same log and settings.

    LogError for the log, KeyProblem for the key, SettingsError for any other.
    """
    if recorded is None or recorded == now:
        return
    before: Mapping[str, str] = json.loads(recorded)
    after: Mapping[str, str] = json.loads(now)
    if log_of(recorded) != log_of(now):
        raise another_log(log_of(recorded), log_of(now))
    changed = [name for name in after if before.get(name) != after[name]]
    if "key" in changed:
        raise KeyProblem(
            f"The pseudonym key is another one (id {after['key']}) than this home was begun with (id {before['key']})",
            "Put the first key back: under two keys one user would count as two",
        )
    differences = ", ".join(f"{name} was {before.get(name, 'not set')} and is {after[name]}" for name in changed)
    raise SettingsError(
        f"Settings changed since this home was begun: {differences}",
        "Set them back, or stream the log again into a new home (CLICKWATCH_HOME)",
    )
