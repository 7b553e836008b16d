"""Builds the chosen handlers by name."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from clickwatch.errors import SettingsError
from clickwatch.speed.alerts.handlers.console import ConsoleHandler
from clickwatch.speed.alerts.handlers.file import FileHandler
from clickwatch.speed.alerts.handlers.port import AlertHandler


class AlertHandlerFactory:
    """Knows each handler by its name, and what it needs."""

    def __init__(self, alert_file: Path, stream: TextIO | None = None) -> None:
        """`alert_file` is for the file handler; `stream` for the console, by default standard output."""
        self._makers: dict[str, Callable[[], AlertHandler]] = {
            ConsoleHandler.name: lambda: ConsoleHandler(stream),
            FileHandler.name: lambda: FileHandler(alert_file),
        }

    def make(self, names: Sequence[str]) -> tuple[AlertHandler, ...]:
        """One handler per name, each name once. Raises SettingsError for a name that is not known."""
        unknown = sorted(set(names) - set(self._makers))
        if unknown:
            known = ", ".join(sorted(self._makers))
            raise SettingsError(f"unknown alert handler {', '.join(unknown)}", f"Known are {known}")
        return tuple(self._makers[name]() for name in dict.fromkeys(names))
