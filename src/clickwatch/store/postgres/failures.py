"""What the refusals of PostgreSQL mean to an operator, by SQLSTATE; before there is a session, by libpq's words."""

import re

from sqlalchemy.exc import DBAPIError

from clickwatch.errors import ClickwatchError, StorageError, StoreAway, StoreError

REPAIR = (
    "Restore it from a backup, or empty it and move the archive away and run `clickwatch stream`: "
    "both are built again from the log's start"
)
_AWAY = "Look whether the server runs and can be reached, then run this again: what was committed is kept"
_URL = "Correct DATABASE_URL"

# Ended by an administrator, crashed or starting (class 57P), no room for one more session, the connection broke.
_PASSING = ("57P01", "57P02", "57P03", "57P05", "53300", "08", "25P03")
_HELD = ("55P03", "40001", "40P01")
_NO_ROOM = ("53100", "53200", "54", "58")
_DAMAGED = ("XX001", "XX002")
_MEANINGS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("42501",), "Let its user make and change tables there: GRANT CREATE, USAGE ON SCHEMA public TO …"),
    (("57014",), "Look what keeps its server busy, or who ended the statement, then run this again"),
    (("25006",), "It takes no writes: name the primary server, not a standby, in DATABASE_URL"),
    (("42P07", "42710"), "Tables of something else are in the way: name an empty database in DATABASE_URL"),
)

# What libpq says when there is no session; the server's own words may be in its language.
_REFUSALS: tuple[tuple[str, str], ...] = (
    (r"password authentication failed|no password supplied|SASL|SCRAM", f"{_URL}: the user or the password is wrong"),
    (r'database ".*" does not exist', f"{_URL}, or make the database: createdb --encoding=UTF8 NAME"),
    (r'role ".*" does not exist', f"{_URL}, or make the user: createuser NAME"),
    (r"pg_hba\.conf|is not permitted to log in|permission denied for database", "Let its user in, in pg_hba.conf"),
    (r"SSL|certificate", "Check `sslmode` and the certificates that DATABASE_URL names"),
    (r"invalid (connection option|URI|integer|port)|invalid .* value", _URL),
)
_NO_CONNECTION = ("OperationalError", "ConnectionTimeout")
_UNREACHED = re.compile(
    r"refused|timeout|timed out|unreachable|No route|resolve|translate host name|No such file|closed|reset"
    r"|starting up|shutting down|recovery|not yet accepting|too many clients|remaining connection slots|broken|EOF"
)


def explain(error: Exception, name: str, *, has_answered: bool) -> ClickwatchError | None:
    """The operator's error for a driver error of the store `name`; StoreAway if it passes, or may.

    None if it is a defect of the program. A server that `has_answered` before has not changed its mind about who may
    come in: what it says while it starts or ends, in whatever language, passes.
    """
    if not isinstance(error, DBAPIError):
        return None
    state, text = getattr(error.orig, "sqlstate", None), _reason(error)
    if state is None:
        return _without_session(error, text, name, has_answered)
    if state.startswith(_PASSING):
        return StoreAway(f"The store {name} is away ({text})", _AWAY)
    if state.startswith(_HELD):
        problem = f"Another process keeps the store {name} locked ({text})"
        return StoreError(problem, "Wait for it or end it, then run this again")
    if state.startswith(_DAMAGED):
        return StoreError(f"The store {name} is damaged ({text})", REPAIR)
    if state.startswith(_NO_ROOM):
        return StorageError(f"The store {name} cannot be read or written ({text})", "Give its server room")
    for states, cure in _MEANINGS:
        if state in states:
            return StoreError(f"The store {name} refuses ({text})", cure)
    return None


def _without_session(error: DBAPIError, text: str, name: str, has_answered: bool) -> ClickwatchError | None:
    """There was none, or it has ended."""
    if error.connection_invalidated:
        return StoreAway(f"The connection to the store {name} was lost ({text})", _AWAY)
    is_connecting = type(error.orig).__name__ in _NO_CONNECTION
    if is_connecting and (has_answered or _UNREACHED.search(text)):
        return StoreAway(f"The store {name} does not answer ({text})", _AWAY)
    for words, cure in _REFUSALS:
        if re.search(words, text):
            return StoreError(f"The store {name} refuses ({text})", cure)
    if not is_connecting:
        return None
    return StoreError(f"The store {name} cannot be opened ({text})", _URL)


def _reason(error: DBAPIError) -> str:
    """The server's reason, or the driver's in one line without what led to it and what libpq guesses."""
    primary = getattr(getattr(error.orig, "diag", None), "message_primary", None)
    if primary:
        return str(primary)
    said = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
    reason = said[-1] if said[0].startswith("Multiple connection attempts") else said[0]
    return re.split(r"failed: |FATAL: |ERROR: ", reason)[-1].strip()
