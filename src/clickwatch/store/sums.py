"""Sums in the database."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, cast, func


def whole_sum(column: ColumnElement[Any]) -> ColumnElement[int]:
    """The sum of whole numbers as a whole number: that of PostgreSQL would be a decimal one."""
    return cast(func.sum(column), BigInteger)
