"""The page of the commands, written from the command line itself."""

from collections.abc import Iterator
from typing import Any

from typer.main import get_group

from clickwatch.cli.app import application

_PAGE = """\
# Commands

Every command has `--help`, and an exit code that tells the truth: 0 if it did what it says, 2 where trying again is of
no use (a wrong argument or setting, a day that there is not, a part that is not installed), 1 for everything else that
went wrong, with one line on standard error that says what to do.
"""


def commands() -> Iterator[tuple[str, Any]]:
    """Every command with its full name, such as `clickwatch windows`, in the order of `--help`."""
    return _below("clickwatch", get_group(application()))


def _below(name: str, group: Any) -> Iterator[tuple[str, Any]]:
    for word, command in group.commands.items():
        if command.hidden:
            continue
        if hasattr(command, "commands"):
            if command.invoke_without_command:
                yield f"{name} {word}", command
            yield from _below(f"{name} {word}", command)
        else:
            yield f"{name} {word}", command


def _section(name: str, command: Any) -> str:
    context = command.make_context(name, [], resilient_parsing=True)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    records = (parameter.get_help_record(context) for parameter in command.params)
    rows = "".join(f"| `{_cell(record[0])}` | {_cell(record[1])} |\n" for record in records if record)
    table = f"\n| argument | meaning |\n|---|---|\n{rows}" if rows else ""
    return f"\n## {name}\n\n    {usage}\n\n{(command.help or '').strip()}\n{table}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def command_page() -> str:
    """docs/commands.md."""
    return _PAGE + "".join(_section(name, command) for name, command in commands())
