"""What clickwatch says of itself while it works: lines on standard error, from the level that is set."""

import logging
import sys

import structlog

from clickwatch.settings import AppSettings


def speak_on_standard_error(settings: AppSettings) -> None:
    """Send the process's own log there; standard output is for results."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.log_level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
