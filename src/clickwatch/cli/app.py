"""The `clickwatch` command: the groups put together, and errors as one clear line.

A process has one command to do, and imports what that needs: a night has a dozen processes, and most of what they do is
to start.
"""

import gc
import io
import sys
from importlib import import_module

import typer

from clickwatch.domain.plain_text import printable
from clickwatch.errors import ClickwatchError

COMMANDS = {
    "demo": "demo:demo",
    "produce": "produce:produce",
    "replay": "replay:replay",
    "stream": "stream:stream",
    "wait": "wait:wait",
    "batch": "batch:batch",
    "windows": "views:list_windows",
    "accounting": "views:accounting",
    "totals": "totals:totals",
    "segments": "segments:segments",
    "reconcile": "reconcile:reconcile",
    "score": "score:score",
    "notify": "notify:notify",
    "night": "night:night",
    "schedule": "schedule:schedule",
    "retention": "retention:retention",
    "alerts": "alerts:alerts",
    "quarantine": "quarantine:quarantine",
    "store": "store:store",
}
"""Command -> the module of `clickwatch.cli` and the name in it, in the order of `--help`."""


def application(*names: str) -> typer.Typer:
    """The command line with the commands of these names: all of them if there is no such name."""
    app = typer.Typer(
        name="clickwatch",
        help="Watches a shop: windows, alerts and the day, from one log of clicks.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(lambda: None)  # a single command is still called by its name
    for name in [name for name in names if name in COMMANDS] or COMMANDS:
        module, attribute = COMMANDS[name].split(":")
        found = getattr(import_module(f"clickwatch.cli.{module}"), attribute)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)
    return app


def main() -> None:
    """Run the command line; an error that an operator can act on is one line and a non-zero exit."""
    _write_what_the_terminal_can()
    try:
        _loaded(sys.argv[1:2])()
    except ClickwatchError as error:
        print(f"clickwatch: {printable(str(error))}", file=sys.stderr)
        sys.exit(error.exit_code)


def _loaded(names: list[str]) -> typer.Typer:
    """What is imported stays to the end: to look through it for garbage takes a sixth of the start, and of the end."""
    gc.disable()
    app = application(*names)
    gc.freeze()
    gc.enable()
    return app


def _write_what_the_terminal_can() -> None:
    """What the encoding of standard output lacks is written as an escape, and is no reason to fail."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
