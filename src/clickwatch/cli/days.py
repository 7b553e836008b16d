"""Days on the command line."""

import typer

from clickwatch.domain.day import Day


def parse_day(text: str, option: str) -> Day:
    """The day written as `YYYY-MM-DD`; a mistake ends the command with a line that names the option."""
    try:
        return Day.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
