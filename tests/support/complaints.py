"""What an operator is told when something is wrong: one clear line, and an exit code that says so too."""

from tests.support.commands import Ended


def complaint(ended: Ended, exit_code: int = 1) -> str:
    """The one line on standard error of a command that failed as it should: what is wrong, and what to do."""
    assert "Traceback" not in ended.errors, ended.errors
    assert ended.exit_code == exit_code, (ended.exit_code, ended.errors)
    assert ended.output == ""
    (line,) = ended.errors.splitlines()
    assert line.startswith("clickwatch: "), line
    assert len(line.split(". ")) > 1, f"no cure: {line}"
    assert line.endswith("."), line
    return line
