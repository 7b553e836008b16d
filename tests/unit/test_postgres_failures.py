"""What PostgreSQL and libpq say, and what an operator hears of it."""

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import DBAPIError, OperationalError

from clickwatch.errors import ClickwatchError, StoreAway, StoreError
from clickwatch.store.postgres.failures import explain


def said(text: str, kind: type[psycopg.Error] = psycopg.OperationalError) -> DBAPIError:
    return OperationalError("select 1", {}, kind(text))


def heard(error: DBAPIError, *, has_answered: bool) -> ClickwatchError:
    known = explain(error, "shop", has_answered=has_answered)
    assert known is not None
    return known


@pytest.mark.parametrize(
    "text",
    [
        "connection failed: connection to server at 127.0.0.1, port 5432 failed: SSL SYSCALL error: EOF detected",
        "connection failed: could not send SSL negotiation packet: Connection reset by peer",
        'connection failed: FATAL: password authentication failed for user "u"',
    ],
)
def test_what_a_server_says_that_let_us_in_before_passes(text: str) -> None:
    assert isinstance(heard(said(text), has_answered=True), StoreAway)


def test_a_connection_that_breaks_off_in_the_negotiation_passes_at_the_first_try_too() -> None:
    assert isinstance(heard(said("connection failed: SSL SYSCALL error: EOF detected"), has_answered=False), StoreAway)


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ('connection failed: FATAL: password authentication failed for user "u"', "the password is wrong"),
        ("connection failed: SSL error: certificate verify failed", "sslmode"),
        ("connection failed: server does not support SSL, but SSL was required", "sslmode"),
    ],
)
def test_a_server_that_refuses_at_the_first_try_is_told_with_its_cure(text: str, cure: str) -> None:
    known = heard(said(text), has_answered=False)
    assert type(known) is StoreError
    assert cure in str(known)


def test_a_statement_that_took_too_long_is_not_told_as_a_lock() -> None:
    known = heard(said("canceling statement due to statement timeout", errors.QueryCanceled), has_answered=True)
    assert "locked" not in str(known)
    assert "what keeps its server busy" in known.cure
