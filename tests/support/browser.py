"""The distribution's Chromium, driven by Playwright, and what a page did in it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Dialog, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window, for as long as the block lasts. AssertionError if none is installed."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    assert found, f"none of {', '.join(_NAMES)} is installed: make set-up does it where it can"
    # Chromium's own sandbox does not work for root, as which containers run.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page that is open, and all that it did: requests, messages on its console, dialogs."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def to(cls, browser: Browser, file: Path, width: int, height: int = 900) -> "Visit":
        """Open a file in a window of that size, in pixels."""
        visit = cls(browser.new_page(viewport={"width": width, "height": height}))
        page = visit.page
        page.on("request", lambda request: visit.requests.append(request.url))
        page.on("console", lambda message: visit.complaints.append(message.text))
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        page.on("dialog", visit._dismiss)
        page.goto(file.as_uri())
        return visit

    def _dismiss(self, dialog: Dialog) -> None:
        self.complaints.append(dialog.message)
        dialog.dismiss()

    def width(self) -> int:
        """How wide the page is, in pixels: more than the window means that it overflows."""
        return int(self.page.evaluate("document.documentElement.scrollWidth"))
