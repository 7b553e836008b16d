"""What `clickwatch produce --profile chaos` does besides producing: it wants an empty log, and keeps the truth."""

import sys
from dataclasses import replace
from pathlib import Path

from clickwatch.settings import AppSettings
from clickwatch.sources.chaos.generator import ChaosGenerator
from clickwatch.sources.profiles import Wish
from clickwatch.wiring.chaos import chaos_rules, check_on_log, decisive_settings, empty_partitions
from clickwatch.wiring.truth_file import check_place, write_truth


def prepared(wish: Wish, settings: AppSettings, truth: Path) -> Wish:
    """The wish for this home's log and rules. Raises ClickwatchError if the log or the file's place is taken."""
    check_place(truth)
    return replace(wish, partitions=empty_partitions(settings), rules=chaos_rules(settings))


def keep_truth(generator: ChaosGenerator, settings: AppSettings, path: Path, is_whole: bool) -> None:
    """Write down the truth about what is on the log now; nothing if producing was stopped on the way."""
    if not is_whole:
        problem = "The log holds a part of the chaos, of which there is no truth"
        print(f"clickwatch: {problem}. Begin again in a new home (CLICKWATCH_HOME).", file=sys.stderr)
        return
    truth = generator.truth(decisive_settings(settings))
    check_on_log(settings, truth)
    write_truth(path, truth)
