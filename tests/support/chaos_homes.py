"""Homes with chaos on their log, its truth, and how they score."""

import threading
from contextlib import closing
from pathlib import Path
from typing import Any

from clickwatch.domain.known_truth import KnownTruth
from clickwatch.serving.scoring.score import Score
from clickwatch.serving.scoring.scoring import scores
from clickwatch.sources.chaos.generator import ChaosGenerator
from clickwatch.sources.writer import LogWriter
from clickwatch.wiring.chaos import chaos_rules, decisive_settings
from clickwatch.wiring.pipeline import run_stream
from clickwatch.wiring.scoring import to_be_scored
from tests.support.chaos_plans import chaos_plan
from tests.support.installations import Installation


def chaotic(folder: Path, *, partitions: int = 3, **settings: str) -> Installation:
    """An installation without records; a product alerts with more than ten views."""
    usual = {"ALERT_MIN_VIEWS_THRESHOLD": "10", "ALERT_HANDLERS": "", "LOG_PARTITIONS": str(partitions)}
    return Installation(folder, {**usual, "JUDGING_PROCESSES": "0", **settings})


def put_chaos_on_log(home: Installation, **changes: Any) -> KnownTruth:
    """Chaos for the settings of a home on its log, and the truth about it."""
    settings = home.app_settings()
    with closing(home.log()) as log:
        plan = chaos_plan(partitions=log.partitions, rules=chaos_rules(settings), **changes)
        generator = ChaosGenerator(plan)
        writer = LogWriter(log)
        for batch in generator.batches():
            writer.write(batch)
    return generator.truth(decisive_settings(settings))


def stream(home: Installation) -> None:
    """Stream what is on the log, in this process."""
    run_stream(home.app_settings(), threading.Event(), until_caught_up=True)


def scored(home: Installation, truth: KnownTruth) -> list[Score]:
    """How a home scores."""
    with to_be_scored(home.app_settings(), truth) as (connection, archive):
        return list(scores(connection, archive, truth))


def wrong(found: list[Score]) -> dict[str, tuple[str, ...]]:
    """The scores that differ, with their first differences."""
    return {score.what: score.differences for score in found if score.count}
