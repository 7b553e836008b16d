"""Writes the pages that are made from the code: `make docs`. A test fails while one of them is out of date."""

from collections.abc import Callable
from pathlib import Path

from scripts.command_page import command_page
from scripts.event_page import event_page
from scripts.settings_pages import configuration_page, env_example

ROOT = Path(__file__).resolve().parent.parent
PAGES: dict[str, Callable[[], str]] = {
    "docs/configuration.md": configuration_page,
    "docs/commands.md": command_page,
    "docs/events.md": event_page,
    ".env.example": env_example,
}


def main() -> None:
    """Write each page that would change, and say which."""
    for name, page in PAGES.items():
        path, text = ROOT / name, page()
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(f"wrote {name}")


if __name__ == "__main__":
    main()
