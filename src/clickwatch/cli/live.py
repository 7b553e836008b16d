"""The live table on a terminal: the windows that are open now, and how the stream is doing.

A thread of its own draws it from the store, so that it goes on while no events come and never holds the stream up.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from clickwatch.cli.output import console
from clickwatch.cli.tables import window_table
from clickwatch.cli.wording import clock_time
from clickwatch.errors import ClickwatchError
from clickwatch.settings import AppSettings
from clickwatch.speed.effects import EpochReport
from clickwatch.store import windows
from clickwatch.wiring.reading import reading

_REFRESH_SECONDS = 1.0
_MOST_ROWS = 15
_OTHER_LINES = 7
"""Title, head, line under it, edges, and the lines below the table."""


class LiveView:
    """What the stream reports goes in by `update`; a live table comes out, or nothing where there is no terminal."""

    def __init__(self, settings: AppSettings) -> None:
        self._settings = settings
        self._line = ""
        self._watermarks: dict[int, int] = {}
        self._received = 0
        self._shown = (time.monotonic(), 0)

    @classmethod
    @contextmanager
    def on_terminal(cls, settings: AppSettings, quiet: bool) -> Iterator["LiveView"]:
        """A view that ends with the block; silent if `quiet` or standard output is no terminal."""
        view = cls(settings)
        if quiet or not console.is_terminal:
            yield view
            return
        waiting = Text("Waiting for events … (Ctrl-C stops)")
        with Live(waiting, console=console, auto_refresh=False, transient=True) as live, view._drawing(live):
            yield view

    def update(self, report: EpochReport, line: str) -> None:
        """Take in an epoch; `line` is the run so far in a few words."""
        self._line = line
        self._received += report.received
        self._watermarks |= {p: mark for p, mark in report.watermarks.items() if mark is not None}

    @contextmanager
    def _drawing(self, live: Live) -> Iterator[None]:
        ending = threading.Event()
        thread = threading.Thread(target=self._draw_on, args=(live, ending), name="clickwatch-live", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ending.set()
            thread.join()

    def _draw_on(self, live: Live, ending: threading.Event) -> None:
        pause = _REFRESH_SECONDS
        while not ending.wait(pause):
            began = time.monotonic()
            # A huge shop takes long to sort: drawing never takes more than a tenth of the time.
            if self._watermarks:
                self._redraw(live)
            pause = max(_REFRESH_SECONDS, 9 * (time.monotonic() - began))

    def _redraw(self, live: Live) -> None:
        watermarks = dict(self._watermarks)
        try:
            body = self._draw(min(watermarks.values()))
        except ClickwatchError:
            return  # the stream itself meets what is wrong with the store, and says so
        live.update(body, refresh=True)

    def _draw(self, watermark: int) -> RenderableType:
        rows = max(3, min(_MOST_ROWS, console.height - _OTHER_LINES))
        with reading(self._settings) as connection:
            open_now = windows.hottest(connection, rows, since=watermark - self._settings.spark_window_duration + 1)
        state = f"Watermark {clock_time(watermark)} UTC, {self._rate():,.0f} records a second. Ctrl-C stops."
        return Group(
            window_table("Windows now, the most viewed first", open_now, one_line_each=True),
            Text(self._line, overflow="ellipsis", no_wrap=True),
            Text(state, overflow="ellipsis", no_wrap=True),
        )

    def _rate(self) -> float:
        """Records a second since the last drawing."""
        now, received = time.monotonic(), self._received
        (then, before), self._shown = self._shown, (now, received)
        return (received - before) / max(now - then, 1e-9)
