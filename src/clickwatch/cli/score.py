"""`clickwatch score`: everything that this installation says, held against a truth that was known beforehand."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from clickwatch.cli.output import Column, console, print_json_lines, say, table
from clickwatch.cli.wording import number_of
from clickwatch.serving.scoring.score import NAMED, Score
from clickwatch.serving.scoring.scoring import scores
from clickwatch.settings import current_settings
from clickwatch.wiring.scoring import to_be_scored
from clickwatch.wiring.truth_file import read_truth

_COLUMNS = (
    Column("what"),
    Column("expected", "number"),
    Column("found", "number"),
    Column("verdict", "fixed"),
)


def score(
    truth: Annotated[Path, typer.Option(help="The truth file that was written with the log.", metavar="FILE")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per question.")] = False,
) -> None:
    """Hold accounting, windows, alerts, totals and both layers against the truth; exit code 1 if anything differs."""
    known = read_truth(truth)
    with to_be_scored(current_settings(), known) as (connection, archive):
        found = list(scores(connection, archive, known))
    if as_json:
        print_json_lines(_facts(each) for each in found)
    else:
        _show(found, truth)
    raise typer.Exit(1 if any(each.count for each in found) else 0)


def _show(found: Sequence[Score], truth: Path) -> None:
    rows = ([each.what, each.expected, "–" if each.found is None else each.found, each.verdict] for each in found)
    console.print(table("", _COLUMNS, rows))
    console.print()
    wrong = [each for each in found if each.count]
    for each in wrong:
        say(f"{each.what}: {number_of(each.count, 'difference', 'differences')}")
        for difference in each.differences:
            say(f"  {difference}")
        if each.count > NAMED:
            say(f"  … and {each.count - NAMED:,} more")
    for each in found:
        if each.found is None:
            say(f"{each.what} was not run: {each.differences[0]}")
    done = sum(each.found is not None for each in found)
    what = number_of(done, "answer", "answers")
    say(f"{len(wrong)} of {what} DIFFER from {truth}." if wrong else f"All {what} agree with {truth}.")


def _facts(each: Score) -> dict[str, Any]:
    return {
        "what": each.what,
        "expected": each.expected,
        "found": each.found,
        "verdict": each.verdict,
        "difference_count": each.count,
        "differences": list(each.differences),
    }
