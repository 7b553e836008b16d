"""What the demonstration shows at its end: findings, the account of every record, the files, and what to try next."""

import shlex
import shutil
import sys
from collections import Counter
from pathlib import Path

from clickwatch.batch.run import Outcome
from clickwatch.cli.output import Column, console, say, say_whole, table
from clickwatch.cli.tables import alert_table, window_table
from clickwatch.cli.views import print_accounting
from clickwatch.cli.wording import number_of, size
from clickwatch.domain.duration import format_duration
from clickwatch.serving.rows import accounting_row
from clickwatch.settings import AppSettings
from clickwatch.speed.alerts.reading import list_alerts
from clickwatch.store import windows
from clickwatch.wiring.home import Home, key_path
from clickwatch.wiring.reading import reading

_HOTTEST = 8
_NEWEST_ALERTS = 9
_MOST_NAMES = 6
_FILE_COLUMNS = (Column("file", "fixed"), Column("size", "number"), Column("what"))


def show_findings(settings: AppSettings) -> None:
    """The hottest windows and the newest alerts."""
    with reading(settings) as connection:
        hottest = windows.hottest(connection, _HOTTEST)
        newest = list(list_alerts(connection, newest=_NEWEST_ALERTS))[::-1]
        everything = [(alert.status, alert.product_id) for alert in list_alerts(connection)]
    by_status, products = Counter(status for status, _ in everything), {product for _, product in everything}
    console.print()
    console.print(window_table("The hottest windows", hottest))
    console.print()
    console.print(alert_table("The newest alerts: many views, hardly a purchase", newest))
    console.print()
    say(_alerts_in_words(by_status, products))
    if by_status["open"]:
        delay = format_duration(settings.spark_watermark_delay)
        say(
            "open: the window may still get events. It closes, and its alert is confirmed, "
            f"when the stream has come to events {delay} past the window's end."
        )
    console.print()


def _alerts_in_words(by_status: Counter[str], products: set[str]) -> str:
    split = ", ".join(f"{count:,} {status}" for status, count in sorted(by_status.items()))
    if not split:
        return "No alerts."
    names = ", ".join(sorted(products)) if len(products) <= _MOST_NAMES else f"{len(products):,} products"
    return f"{number_of(by_status.total(), 'alert', 'alerts')} for {names}: {split}."


def show_account(settings: AppSettings, written: int) -> bool:
    """The accounting sheet worked out, and held against what was written; whether all of it is true."""
    with reading(settings) as connection:
        sheet = accounting_row(connection)
    holds = print_accounting(sheet)
    is_whole = sheet["received"] == written
    say(f"{written:,} written to the log = {sheet['received']:,} received: {'true' if is_whole else 'FALSE'}")
    return holds and is_whole


def show_summary(settings: AppSettings, outcome: Outcome) -> None:
    """The day's summary as it would be mailed, and where its page is."""
    reports = Home(settings.clickwatch_home).reports
    [text] = [name for name in outcome.files if name.endswith(".txt")]
    [page] = [name for name in outcome.files if name.endswith(".html")]
    _, *lines = (reports / text).read_text("utf-8").splitlines()
    for line in lines:
        say_whole(line)
    say_whole(f"The same to look at and to print: {reports / page}")


def show_next_steps(settings: AppSettings) -> None:
    """Where the files are, and commands to copy."""
    home = Home(settings.clickwatch_home)
    files = [
        (home.log / settings.kafka_clickstream_topic, "every click as it came, JSON lines"),
        (home.store, "windows, alerts, accounting: SQLite"),
        (home.archive, "accepted events: a Delta table, Parquet"),
        (home.reports, "the day: CSV tables, a summary, a page"),
        (home.alerts, "what was sent out, JSON lines"),
    ]
    shown = [(path.relative_to(home.folder), size(_bytes(path)), what) for path, what in files if path.exists()]
    key = key_path(settings, home) if settings.pseudonym_key is None else None
    console.print()
    say_whole(f"The files, in {home.folder}")
    console.print(table("", _FILE_COLUMNS, shown))
    if key is not None:
        console.print()
        say_whole("The key of the pseudonyms lies apart from them:")
        say_whole(f"  {key}")
    console.print()
    for line in _suggestions(settings, home, key):
        say_whole(line)


def _bytes(path: Path) -> int:
    return (
        sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) if path.is_dir() else path.stat().st_size
    )


def _suggestions(settings: AppSettings, home: Home, key: Path | None) -> list[str]:
    me = _command()
    product = shlex.quote(next(iter(settings.producer_high_interest_product_ids), "PROD_001"))
    commands = [
        (f"export CLICKWATCH_HOME={shlex.quote(str(home.folder))}", ""),
        (f"{me} windows --product {product}", "newest first"),
        (f"{me} alerts --json", "for programs"),
        (f"{me} totals", "by the hour"),
        (f"{me} segments", "the day's users"),
        (f"{me} stream", "a live table, and elsewhere:"),
        (f"{me} produce --duration 5m", "live shoppers"),
        *((f"rm -r {shlex.join(map(str, own))}", "") for own in [_made_here(home, key)] if own),
    ]
    wide = max(len(command) for command, meaning in commands if meaning)
    lines = [f"  {command:<{wide}}  # {meaning}" if meaning else f"  {command}" for command, meaning in commands]
    return ["What to try next:", *lines]


def _made_here(home: Home, key: Path | None) -> list[Path]:
    """What may go when nobody needs the demonstration any more: never a folder or a key that serves others too."""
    made = {path.name for path in (home.log, home.archive.parent, home.spill, home.alerts, home.identity)}
    made |= {home.reports.name, home.batch.name}
    files = {path.name for path in home.folder.iterdir()}
    if any(name not in made and not name.startswith(home.store.name) for name in files):
        return []
    is_own_key = key is not None and key.stem == home.identity.read_text("ascii").strip()
    return [home.folder, key] if key is not None and is_own_key else [home.folder]


def _command() -> str:
    """How this command was called, so that what is shown can be copied."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m clickwatch"
    found = shutil.which(called.name)
    return called.name if found is not None and Path(found).samefile(called) else shlex.quote(sys.argv[0])
