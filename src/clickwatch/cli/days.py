"""Days, moments and lengths of time on the command line."""

import typer

from clickwatch.domain.day import Day
from clickwatch.domain.duration import parse_duration
from clickwatch.domain.timestamp import parse_timestamp


def parse_day(text: str, option: str) -> Day:
    """The day written as `YYYY-MM-DD`; a mistake ends the command with a line that names the option."""
    try:
        return Day.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def parse_days(first: str, last: str | None) -> list[Day]:
    """The days from `--date` to `--to`, both included; the first alone without a last one."""
    begin = parse_day(first, "--date")
    end = begin if last is None else parse_day(last, "--to")
    if end < begin:
        raise typer.BadParameter(f"{end} is before {begin}", param_hint="--to")
    return list(begin.through(end))


def parse_moment(text: str, option: str) -> int:
    """The first moment of a day, or a time as events have it, in µs UTC; a mistake names the option."""
    moment = parse_timestamp(text)
    if moment is not None:
        return moment
    try:
        return Day.parse(text).start
    except ValueError:
        words = f"{text!r} is no time: write YYYY-MM-DD, or ISO 8601 such as 2026-01-26T07:10:00Z"
        raise typer.BadParameter(words, param_hint=option) from None


def parse_span(text: str, option: str) -> int:
    """A length of time such as `30m`, in µs; a mistake names the option."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
