"""Chaos for the rules that are set: the settings that its truth hangs on, by name and as plain values."""

from contextlib import closing

from clickwatch.domain.duration import format_duration
from clickwatch.domain.known_truth import KnownTruth
from clickwatch.errors import SourceError
from clickwatch.settings import AppSettings
from clickwatch.sources.chaos.plan import ChaosRules
from clickwatch.wiring.log import open_log
from clickwatch.wiring.rules import stream_rules

_OWN_HOME = "Give it a home of its own: set CLICKWATCH_HOME to a new folder"


def chaos_rules(settings: AppSettings) -> ChaosRules:
    """The rules under which the log will be read."""
    stream = stream_rules(settings)
    return ChaosRules(
        length=settings.spark_window_duration,
        slide=settings.spark_slide_duration,
        delay=stream.delay,
        horizon=stream.horizon,
        min_views=settings.alert_min_views_threshold,
        max_purchases=settings.alert_max_purchases_threshold,
    )


def decisive_settings(settings: AppSettings) -> dict[str, str]:
    """The settings that the numbers hang on, as a person would set them."""
    return {
        "SPARK_WINDOW_DURATION": format_duration(settings.spark_window_duration),
        "SPARK_SLIDE_DURATION": format_duration(settings.spark_slide_duration),
        "SPARK_WATERMARK_DELAY": format_duration(settings.spark_watermark_delay),
        "INTAKE_MAX_FUTURE": format_duration(settings.intake_max_future),
        "ALERT_MIN_VIEWS_THRESHOLD": str(settings.alert_min_views_threshold),
        "ALERT_MAX_PURCHASES_THRESHOLD": str(settings.alert_max_purchases_threshold),
    }


def empty_partitions(settings: AppSettings) -> int:
    """How many partitions the home's log has. Raises SourceError if any record was ever put onto it."""
    with closing(open_log(settings)) as log:
        if any(log.end_offset(partition) for partition in range(log.partitions)):
            raise SourceError("The log of this home holds records already, and chaos has to be alone on it", _OWN_HOME)
        return log.partitions


def check_on_log(settings: AppSettings, truth: KnownTruth) -> None:
    """Raise SourceError unless the log holds what the truth is about, and nothing else."""
    with closing(open_log(settings)) as log:
        if any(log.end_offset(each.partition) != each.bytes for each in truth.partitions):
            raise SourceError(
                "Somebody else has put records onto the log meanwhile: there is no truth of it", _OWN_HOME
            )
