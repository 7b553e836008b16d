"""The commands that list what the pipeline knows: windows, accounting."""

from typing import Annotated, Any

import typer
from rich.table import Table

from clickwatch.cli.output import console, notes, print_json_lines, say
from clickwatch.cli.tables import accounting_sums, accounting_table, window_table
from clickwatch.serving import rows
from clickwatch.settings import current_settings
from clickwatch.store import windows
from clickwatch.wiring.reading import reading

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line, all rows.")]
MOST_ROWS = 1_000_000_000
"""What databases take as a limit, and more than anybody reads."""
Limit = Annotated[int, typer.Option(min=1, max=MOST_ROWS, help="Rows of the table (not of --json).")]


def show(drawn: Table, limit: int, found: int, command: str) -> None:
    """Print a table, or that there is nothing yet, or how to get the rest."""
    if not found:
        say(f"No {str(drawn.title).lower()} to show.")
        return
    console.print(drawn)
    if found > limit:
        notes.print(f"… and more: {command} --limit N, or --json for all.")


def list_windows(
    as_json: AsJson = False,
    limit: Limit = 20,
    product: Annotated[str | None, typer.Option(help="Only this product.")] = None,
    status: Annotated[str | None, typer.Option(help="Only `open` or `closed` windows.")] = None,
) -> None:
    """Views and purchases per window and product; the table shows the newest first, the most viewed on top."""
    if status not in (None, windows.OPEN, windows.CLOSED):
        raise typer.BadParameter("it is open or closed", param_hint="--status")
    filters: dict[str, Any] = {"product_id": product, "status": status}
    with reading(current_settings()) as connection:
        if as_json:
            print_json_lines(rows.window_rows(connection, **filters))
            return
        newest = windows.newest(connection, limit + 1, **filters)
    show(window_table("Windows", newest[:limit]), limit, len(newest), "clickwatch windows")


def accounting(as_json: AsJson = False) -> None:
    """Every record accounted for: received = accepted + duplicate + rejected, accepted = on time + late."""
    with reading(current_settings()) as connection:
        sheet = rows.accounting_row(connection)
    if as_json:
        print_json_lines([sheet])
    holds = accounting_sums(sheet)[1] if as_json else print_accounting(sheet)
    raise typer.Exit(0 if holds else 1)


def print_accounting(sheet: rows.Row) -> bool:
    """The accounting sheet with its identities worked out; whether they hold."""
    console.print(accounting_table(sheet))
    lines, all_true = accounting_sums(sheet)
    console.print()
    for line in lines:
        say(line)
    return all_true
