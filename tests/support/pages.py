"""Pages of the documentation, run as a reader runs them: block after block, in one folder and one environment."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.repository import ROOT

_FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_ANY_LINES, _ANY_TEXT = r"(?:.*\n)*?", "[^\n]*"
_PATIENCE = 120


@dataclass(frozen=True)
class Block:
    """A fenced block: `kind` is the word after the fence, `text` ends with a line end."""

    kind: str
    text: str


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found = _FENCED.finditer(page.read_text("utf-8"))
    return [Block(block[2], re.sub(f"^{block[1]}", "", block[3], flags=re.MULTILINE)) for block in found]


@dataclass
class PageReader:
    """Somebody in a folder with the project's test data, who has `clickwatch` and `python` in the path.

    What a block exports is there for the next ones.
    """

    folder: Path
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    def __post_init__(self) -> None:
        tests = self.folder / "tests"
        tests.mkdir()
        (tests / "data").symlink_to(ROOT / "tests" / "data")
        commands = str(Path(sys.executable).parent)
        self.environment |= {"PATH": f"{commands}{os.pathsep}{self.environment['PATH']}", "PYTHONIOENCODING": "utf-8"}

    def run(self, block: Block) -> str:
        """What a block of `sh` or `python` prints, on both outputs. Raises AssertionError if it fails."""
        exported = self.folder / ".exported"
        shell = ["sh", "-euc", f"{block.text}\nenv -0 > '{exported}'"]
        words = shell if block.kind == "sh" else [sys.executable, "-c", block.text]
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_PATIENCE,
        )
        output = done.stdout.decode()
        assert done.returncode == 0, f"exit code {done.returncode} of\n{block.text}\n{output}"
        if block.kind == "sh":
            pairs = exported.read_text("utf-8").split("\0")
            self.environment = dict(pair.split("=", 1) for pair in pairs if pair)
        return output


def is_printed(shown: str, output: str) -> bool:
    """Whether the output is what a page shows: `…` stands for anything in a line, alone on a line for any lines."""
    return re.fullmatch("".join(map(_pattern, shown.splitlines())), _trimmed(output)) is not None


def _pattern(line: str) -> str:
    if line.strip() == "…":
        return _ANY_LINES
    return _ANY_TEXT.join(map(re.escape, line.rstrip().split("…"))) + "\n"


def _trimmed(output: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in output.splitlines())
