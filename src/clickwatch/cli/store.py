"""`clickwatch store`: the database that holds what the pipeline knows."""

import typer

from clickwatch.cli.output import say
from clickwatch.cli.progress import step_progress
from clickwatch.cli.wording import number_of
from clickwatch.settings import current_settings
from clickwatch.wiring.moving import move_store

store = typer.Typer(help="The database of windows, alerts, accounting and progress.", no_args_is_help=True)


@store.callback()
def _group() -> None:
    """One command for now: it is named all the same."""


@store.command()
def move() -> None:
    """Move the store from the home's file to the empty database of DATABASE_URL; the stream has to be stopped."""
    with step_progress("Moving the store") as update:
        moved = move_store(current_settings(), update)
    say(f"Moved {number_of(moved.rows, 'row', 'rows')} to {moved.target}.")
    say(f"The file {moved.source} is kept, and marked: no command uses it any more.")
