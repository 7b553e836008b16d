"""`clickwatch quarantine replay`: an edited file goes back onto the log, and what became of each line is said."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from clickwatch.cli.output import print_json_lines, say, say_whole
from clickwatch.cli.progress import byte_progress
from clickwatch.cli.stopping import StopOnSignal
from clickwatch.cli.wording import number_of
from clickwatch.domain.day import Day
from clickwatch.domain.instant import iso_utc
from clickwatch.errors import RepairError
from clickwatch.repair.lines import EditedFile, edited_file
from clickwatch.repair.replaying import Replay
from clickwatch.repair.results import FAILED, Outcome, Result
from clickwatch.settings import current_settings
from clickwatch.wiring.log import wall_clock
from clickwatch.wiring.repair import repairing

_MOST_SHOWN = 20
_WORDS = {
    Outcome.SENT: "sent to the log",
    Outcome.FOUND: "sent by an interrupted replay, and now written down",
    Outcome.REPAIRED: "repaired before",
    Outcome.COUNTED: "counted before under the same event_id, and not sent",
    Outcome.REFUSED: "refused again",
    Outcome.MALFORMED: "malformed",
    Outcome.UNCERTAIN: "uncertain, and not sent",
}
_AGAIN = "Correct them, and replay the same file again: nothing is sent twice"
_SEARCH = "Look for the uncertain ones in the archive; those that are not there go onto the log by clickwatch replay"


@dataclass
class Tally:
    """What a replay came to: how many lines of each outcome, which days it touched, what there is to say of lines."""

    counts: Counter[Outcome] = field(default_factory=Counter)
    days: set[Day] = field(default_factory=set)
    late: int = 0
    shown: list[Result] = field(default_factory=list)
    untold: int = 0

    def add(self, results: Iterable[Result]) -> None:
        """Take in a batch."""
        for result in results:
            self.counts[result.outcome] += 1
            self.late += result.is_late
            if result.event_time is not None:
                self.days.add(Day.of(result.event_time))
            if result.outcome in FAILED or result.detail:
                self._note(result)

    def _note(self, result: Result) -> None:
        if len(self.shown) < _MOST_SHOWN:
            self.shown.append(result)
        else:
            self.untold += 1


def replay(
    file: Annotated[Path, typer.Argument(help="What `quarantine export` wrote and you have edited.", metavar="FILE")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would become of each line.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line of the file.")] = False,
) -> None:
    """Send repaired records to the log, each once: again, or again after a crash, adds nothing."""
    tally = Tally()
    with (
        StopOnSignal() as stopping,
        edited_file(file) as edited,
        repairing(current_settings(), dry_run=dry_run, stopping=stopping) as replaying,
    ):
        try:
            _run(replaying, edited, stopping, tally, as_json)
        finally:
            if not as_json:
                _tell(tally, file, stopping, dry_run)
    if stopping():
        raise typer.Exit(stopping.exit_code)
    _complain(tally, file, dry_run)


def _run(replaying: Replay, edited: EditedFile, stopping: StopOnSignal, tally: Tally, as_json: bool) -> None:
    with byte_progress(f"Replaying {Path(edited.name).name}", edited.size) as update:
        for results in replaying.run(edited.lines(until=stopping)):
            tally.add(results)
            if as_json:
                print_json_lines(map(_facts, results))
            update(edited.position)


def _facts(result: Result) -> dict[str, Any]:
    return {
        "line": result.line,
        "outcome": result.outcome.value,
        "place": None if result.place is None else str(result.place),
        "reason": result.reason or None,
        "detail": result.detail or None,
        "new_place": None if result.new_place is None else str(result.new_place),
        "event_time": None if result.event_time is None else iso_utc(result.event_time),
        "late": result.is_late,
    }


def _tell(tally: Tally, file: Path, stopping: StopOnSignal, dry_run: bool) -> None:
    for result in tally.shown:
        say_whole(_line(result, dry_run))
    if tally.untold:
        say(f"… and {number_of(tally.untold, 'more line', 'more lines')}: --json tells of all.")
    parts = [f"{tally.counts[outcome]:,} {_words(outcome, dry_run)}" for outcome in Outcome if tally.counts[outcome]]
    stopped = "Stopped before the end: " if stopping() else ""
    read = f"{number_of(tally.counts.total(), 'line', 'lines')} of {file}"
    unchanged = " Nothing was changed." if dry_run else ""
    say(f"{stopped}{': '.join([read, ', '.join(parts)] if parts else [read])}.{unchanged}")
    if tally.days and not dry_run:
        _tell_what_next(tally)


def _words(outcome: Outcome, dry_run: bool) -> str:
    would = {Outcome.SENT: "would be sent to the log", Outcome.FOUND: "sent by an interrupted replay"}
    return would.get(outcome, _WORDS[outcome]) if dry_run else _WORDS[outcome]


def _line(result: Result, dry_run: bool) -> str:
    where = f" ({result.place})" if result.place is not None else ""
    reason = f", {result.reason}" if result.reason else ""
    by = f" by {result.new_place}" if result.new_place is not None else ""
    detail = f": {result.detail}" if result.detail else ""
    return f"line {result.line:,}{where}: {_words(result.outcome, dry_run)}{by}{reason}{detail}"


def _tell_what_next(tally: Tally) -> None:
    """How the records come to be counted, and what being late does to them."""
    say("They are counted when the stream takes them in. Unless one is running: clickwatch stream --until-caught-up")
    if tally.late:
        late = number_of(tally.late, "event is", "events are")
        say(f"{late} late: windows that have ended stay as they are; totals and archive take late events in.")
    now = wall_clock()
    past = sorted(day for day in tally.days if day.end <= now)
    if past:
        say("Then, for final reports of the days that are over:")
        for first, last in _spans(past):
            say_whole(f"  clickwatch batch --date {first}{'' if first == last else f' --to {last}'}")


def _spans(days: list[Day]) -> list[tuple[Day, Day]]:
    """Days, ascending, as the first and the last of each unbroken row of them."""
    spans: list[tuple[Day, Day]] = []
    for day in days:
        if spans and spans[-1][1].end == day.start:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return spans


def _complain(tally: Tally, file: Path, dry_run: bool) -> None:
    """Raises RepairError if something is left to do."""
    count = sum(tally.counts[outcome] for outcome in FAILED)
    if count:
        would = "would not be sent" if dry_run else "were not sent" if count > 1 else "was not sent"
        is_clear = tally.counts[Outcome.UNCERTAIN] == 0
        raise RepairError(f"{number_of(count, 'line', 'lines')} of {file} {would}", _AGAIN if is_clear else _SEARCH)
