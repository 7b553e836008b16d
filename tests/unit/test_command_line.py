"""The command line as a whole: every command by its name, and no more loaded than one of them needs."""

import subprocess
import sys

import pytest
from typer.main import get_group

from clickwatch.cli.app import COMMANDS, application

ELSEWHERE = {"wait": "duckdb", "notify": "duckdb", "reconcile": "deltalake", "windows": "deltalake", "batch": "pyspark"}


def test_a_name_gives_the_command_line_that_has_it_alone() -> None:
    for name in COMMANDS:
        assert list(get_group(application(name)).commands) == [name]


@pytest.mark.parametrize("names", [(), ("--help",), ("no-such-command",)])
def test_without_a_known_name_there_are_all_commands(names: tuple[str, ...]) -> None:
    assert list(get_group(application(*names)).commands) == list(COMMANDS)


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_command_does_not_load_what_only_others_need(name: str) -> None:
    script = f"import sys; from clickwatch.cli.app import application; application({name!r}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "sqlalchemy" in done.stdout.split()
    assert ELSEWHERE[name] not in done.stdout.split()
