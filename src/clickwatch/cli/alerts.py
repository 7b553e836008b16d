"""`clickwatch alerts`: the alerts, what was sent out because of them, and a test of the ways out."""

from typing import Annotated

import typer

from clickwatch.cli.output import is_narrow, notes, print_json_lines, say
from clickwatch.cli.tables import alert_table, delivery_table, delivery_troubles
from clickwatch.cli.views import AsJson, Limit, show
from clickwatch.domain.instant import iso_utc
from clickwatch.errors import SettingsError
from clickwatch.serving.rows import Row
from clickwatch.settings import current_settings
from clickwatch.speed.alerts.reading import AlertRow, DeliveryRow, list_alerts, list_deliveries
from clickwatch.wiring.alert_trial import idle_ways_out, send_tests
from clickwatch.wiring.reading import reading

alerts = typer.Typer(invoke_without_command=True, subcommand_metavar="[COMMAND]")
_STATUSES = ("pending", "delivered", "failed", "cancelled")


@alerts.callback()
def list_all(
    context: typer.Context,
    as_json: AsJson = False,
    limit: Limit = 20,
    product: Annotated[str | None, typer.Option(help="Only this product.")] = None,
    status: Annotated[str | None, typer.Option(help="Only `open`, `confirmed` or `withdrawn` alerts.")] = None,
) -> None:
    """Alerts with their counts and status; the newest first in the table. Or one of the commands below."""
    if context.invoked_subcommand is not None:
        if as_json or limit != 20 or product is not None or status is not None:
            raise typer.BadParameter(f"options of {context.invoked_subcommand} come after its name")
        return
    if status not in (None, "open", "confirmed", "withdrawn"):
        raise typer.BadParameter("it is open, confirmed or withdrawn", param_hint="--status")
    with reading(current_settings()) as connection:
        if as_json:
            print_json_lines(alert_row(row) for row in list_alerts(connection, status, product_id=product))
            return
        newest = list(list_alerts(connection, status, product_id=product, newest=limit + 1))[::-1]
    show(alert_table("Alerts", newest[:limit]), limit, len(newest), "clickwatch alerts")


def alert_row(row: AlertRow) -> Row:
    """An alert as plain values."""
    rate = row.conversion_rate
    return {
        "rule": row.rule,
        "product_id": row.product_id,
        "category": row.category,
        "window_start": iso_utc(row.window_start),
        "window_end": iso_utc(row.window_end),
        "view_count": row.view_count,
        "purchase_count": row.purchase_count,
        "conversion_rate": None if rate is None else float(rate),
        "status": row.status,
    }


@alerts.command()
def deliveries(
    as_json: AsJson = False,
    limit: Limit = 20,
    status: Annotated[
        str | None, typer.Option(help="Only `pending`, `delivered`, `failed` or `cancelled` messages.")
    ] = None,
) -> None:
    """Messages about alerts and what became of each; the newest first in the table."""
    if status not in (None, *_STATUSES):
        raise typer.BadParameter("it is pending, delivered, failed or cancelled", param_hint="--status")
    with reading(current_settings()) as connection:
        if as_json:
            print_json_lines(delivery_row(row) for row in list_deliveries(connection, status))
            return
        newest = list(list_deliveries(connection, status, newest=limit + 1))[::-1]
    show(delivery_table("Deliveries", newest[:limit]), limit, len(newest), "clickwatch alerts deliveries")
    for line in delivery_troubles(newest[:limit]) if is_narrow() else ():
        say(line)


def delivery_row(row: DeliveryRow) -> Row:
    """A message of the outbox as plain values: the next attempt of one that waits, the time of one that arrived."""
    return {
        "delivery_id": row.delivery_id,
        "episode_id": row.episode_id,
        "product_id": row.product_id,
        "kind": row.kind,
        "handler": row.handler,
        "status": row.status,
        "attempts": row.attempts,
        "created_at": iso_utc(row.created_at),
        "next_attempt_at": iso_utc(row.next_attempt_at) if row.status == "pending" else None,
        "delivered_at": iso_utc(row.delivered_at) if row.status == "delivered" and row.delivered_at else None,
        "last_error": row.last_error,
    }


@alerts.command("test")
def send_test() -> None:
    """Send one test message through each handler of ALERT_HANDLERS, now, and say what became of it."""
    settings = current_settings()
    if not settings.alert_handlers:
        raise SettingsError("ALERT_HANDLERS is empty: no alert goes anywhere", "Name handlers in it, such as console")
    all_delivered = True
    for result in send_tests(settings):
        say(f"{result.handler} ({result.place}): {'delivered' if result.problem is None else result.problem}")
        all_delivered &= result.problem is None
    for name in idle_ways_out(settings):
        notes.print(f"{name} is set up, and not chosen: add it to ALERT_HANDLERS to get alerts that way.")
    raise typer.Exit(0 if all_delivered else 1)
