"""A way out for alerts that does not work: the stream goes on, and says so where results are not."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.commands import CommandServer
from tests.support.installations import Installation, assert_true

STREAM = ("stream", "--until-caught-up", "--quiet")


@pytest.fixture
def home(tmp_path: Path) -> Installation:
    """A flash sale of half an hour ago, and a file in the place of the alert file's folder."""
    (tmp_path / "file").write_text("not a folder")
    home = Installation(
        tmp_path / "home",
        {"ALERT_HANDLERS": "file", "ALERT_FILE": str(tmp_path / "file" / "alerts"), "ALERT_MIN_VIEWS_THRESHOLD": "5"},
    )
    begin = datetime.now(UTC) - timedelta(minutes=30)
    views = [(f"user {minute}", begin + timedelta(minutes=minute)) for minute in range(30)]
    home.append({0: b"".join(_view(user, at) for user, at in views)})
    return home


def _view(user: str, at: datetime) -> bytes:
    click = {"user_id": user, "product_id": "P", "event_type": "view", "timestamp": at.isoformat()}
    return json.dumps(click).encode() + b"\n"


def test_an_alert_file_that_cannot_be_written_is_told_on_standard_error(
    home: Installation, commands: CommandServer
) -> None:
    run = commands.run(*STREAM, environment=home.environment)
    assert (run.exit_code, run.output) == (0, "")
    assert "alert not delivered" in run.errors
    assert "Not a directory" in run.errors
    assert "Traceback" not in run.errors
    assert_true(home.outcome(), home.truth())


def test_below_the_level_that_is_set_nothing_is_said(home: Installation, commands: CommandServer) -> None:
    run = commands.run(*STREAM, environment={**home.environment, "LOG_LEVEL": "Error"})
    assert (run.exit_code, run.output, run.errors) == (0, "", "")
