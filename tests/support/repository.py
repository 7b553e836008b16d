"""The repository itself, for the tests that hold its files to each other."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def documentation() -> list[Path]:
    """README, changelog and every page of docs/."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
