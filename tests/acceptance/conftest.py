"""What all acceptance tests start from: the command, in a home of its own."""

from pathlib import Path

import pytest

from tests.support.command import CommandLine


@pytest.fixture
def command(tmp_path: Path) -> CommandLine:
    """The command line in a fresh home."""
    home = tmp_path / "shop"
    home.mkdir()
    return CommandLine(home)
