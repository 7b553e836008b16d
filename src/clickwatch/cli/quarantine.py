"""`clickwatch quarantine`: refused records, looked at and taken out into a file to be repaired."""

import base64
import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from clickwatch.cli.days import parse_moment
from clickwatch.cli.output import Column, is_narrow, print_json_lines, say, say_whole, table
from clickwatch.cli.progress import step_progress
from clickwatch.cli.quarantine_replay import replay
from clickwatch.cli.views import MOST_ROWS, AsJson, Limit, show
from clickwatch.cli.wording import clock_time, number_of
from clickwatch.domain.instant import iso_utc
from clickwatch.domain.place import Place
from clickwatch.errors import RepairError
from clickwatch.repair.explaining import explanation
from clickwatch.repair.exporting import export as export_records
from clickwatch.repair.state import state
from clickwatch.serving import rows
from clickwatch.settings import current_settings
from clickwatch.store import quarantine as records
from clickwatch.store import repairs
from clickwatch.store.quarantine import QuarantinedRecord
from clickwatch.wiring.reading import reading

quarantine = typer.Typer(
    help="Records that were refused, kept with the reason, and their repair.", no_args_is_help=True
)

Reason = Annotated[str | None, typer.Option(help="Only records refused for this reason.", show_default=False)]
Since = Annotated[
    str | None,
    typer.Option(help="Only from this log time on: YYYY-MM-DD, or ISO 8601 with Z or an offset.", show_default=False),
]
Until = Annotated[str | None, typer.Option(help="Only before this log time, written likewise.", show_default=False)]
_COLUMNS = (
    Column("place", "fixed"),
    Column("log time (UTC)", "fixed"),
    Column("reason"),
    Column("bytes", "number"),
    Column("repair", "fixed"),
    Column("record"),
)
_SHOWN_OF_RECORD = 80


@quarantine.command("list")
def list_quarantine(
    as_json: AsJson = False,
    limit: Limit = 20,
    reason: Reason = None,
    since: Since = None,
    until: Until = None,
    unrepaired: Annotated[bool, typer.Option("--unrepaired", help="Only records not repaired yet.")] = False,
) -> None:
    """Refused records: where they stand in the log, why, how they begin, and which are repaired."""
    wanted = {**_wanted(reason, since, until), "unrepaired": unrepaired}
    with reading(current_settings()) as connection:
        if as_json:
            print_json_lines(rows.quarantine_rows(connection, **wanted))
            return
        found = list(rows.quarantine_rows(connection, limit=limit + 1, **wanted))
    drawn = table("Quarantined records", _COLUMNS, map(_cells, found[:limit]), one_line_each=True)
    show(drawn, limit, len(found), "clickwatch quarantine list")


@quarantine.command("show")
def show_record(
    place: Annotated[str, typer.Argument(help="Partition and offset, such as 0:1234.", metavar="PLACE")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """One refused record whole: why it was refused, its repair, and its bytes, which no terminal obeys."""
    where = _place(place)
    with reading(current_settings()) as connection:
        record = records.at(connection, where)
        if record is None:
            cure = "List those that there are: clickwatch quarantine list"
            raise RepairError(f"No refused record stands at {where}", cure)
        repair = repairs.of(connection, [where]).get(where)
        facts = {**_facts(record), **rows.repair_columns(repair), "state": state(connection, repair)}
    if as_json:
        print_json_lines([facts])
        return
    _show_facts(record, facts)


@quarantine.command()
def export(
    file: Annotated[Path, typer.Argument(help="A new file; nothing is overwritten.", metavar="FILE")],
    reason: Reason = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[
        int | None, typer.Option(min=1, max=MOST_ROWS, help="At most so many.", show_default=False)
    ] = None,
    repaired_too: Annotated[bool, typer.Option("--repaired-too", help="Also those that are repaired.")] = False,
) -> None:
    """Write the refused records that are not repaired yet into a file to be edited: `record` is what is sent."""
    wanted = {**_wanted(reason, since, until), "unrepaired": not repaired_too}
    with reading(current_settings()) as connection, step_progress("Exporting"):
        count = export_records(file, records.list_records(connection, limit=limit, **wanted))
    if not count:
        say("No refused records to export; no file was made.")
        return
    say(f"{number_of(count, 'refused record', 'refused records')} in {file}. Correct `record` in each line, then:")
    say_whole(f"  clickwatch quarantine replay {shlex.quote(str(file))}")


quarantine.command()(replay)


def _wanted(reason: str | None, since: str | None, until: str | None) -> dict[str, Any]:
    return {
        "reason": reason,
        "since": None if since is None else parse_moment(since, "--since"),
        "until": None if until is None else parse_moment(until, "--until"),
    }


def _place(text: str) -> Place:
    try:
        return Place.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="PLACE") from None


def _cells(row: rows.Row) -> list[object]:
    record, logged = row["record"], row["log_time"][5 if is_narrow() else 0 : 19].replace("T", " ")
    beginning = record if len(record) <= _SHOWN_OF_RECORD else record[: _SHOWN_OF_RECORD - 1] + "…"
    return [row["place"], logged, row["reason"], row["length"], row["repair"] or "", beginning]


def _facts(record: QuarantinedRecord) -> rows.Row:
    return {
        "place": str(record.place),
        "reason": record.reason,
        "explanation": explanation(record.reason, record.raw),
        "log_time": iso_utc(record.log_time),
        "length": record.length,
        "sha256": record.sha256,
        "raw_base64": base64.b64encode(record.raw).decode("ascii"),
    }


def _show_facts(record: QuarantinedRecord, facts: rows.Row) -> None:
    say_whole(f"place     {facts['place']}")
    say_whole(f"log time  {clock_time(record.log_time)} UTC")
    say_whole(f"reason    {record.reason}: {facts['explanation']}")
    say_whole(f"repair    {facts['state']}")
    kept = "" if record.is_whole else f", of which the first {len(record.raw):,} are kept"
    say_whole(f"record    {number_of(record.length, 'byte', 'bytes')}{kept}:")
    say_whole(record.raw.decode("utf-8", "backslashreplace"))
