"""What the documentation tells people to type or set is there."""

import re
from collections.abc import Mapping, Set
from pathlib import Path

import pytest

from clickwatch.settings import AppSettings
from scripts.command_page import commands
from tests.support.proof import PROOF_SCALE_VARIABLE
from tests.support.repository import ROOT, documentation

_CODE = re.compile(r"```[\s\S]*?```|`[^`\n]+`|^ {4}.+$", re.MULTILINE)
_COMMAND = re.compile(r"\bclickwatch ((?:[a-z][a-z-]* ?)+)")
_CALL = re.compile(r"\bclickwatch ([a-z][^\n`|]*)")
_OPTION = re.compile(r"(?<![\w=-])--?[a-z][a-z-]*")
_OPTION_ALONE = re.compile(r"`(--[a-z][a-z-]*)")
_TARGET = re.compile(r"\bmake(?: [A-Z]+=\S+)* ([a-z][a-z-]*)")
_SETTING = re.compile(r"\b[A-Z]+(?:_[A-Z]+)+\b")
_PYTHON = re.compile(r"```python\n[\s\S]*?```")
_OF_OTHERS = ("JAVA_HOME", "SSL_CERT_FILE", "SPARK_LOCAL_IP")
"""Variables that libraries read."""
_OF_THE_DAG = re.compile(r'environ.get\("([A-Z_]+)"')
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def code(page: Path) -> str:
    """What stands in code spans and code blocks of a page."""
    return "\n".join(_CODE.findall(page.read_text("utf-8")))


def unknown_commands(text: str, names: list[str]) -> list[str]:
    """The commands in `text` that are none of `names`; of a group, the word after it has to be known too."""
    known = {" ".join(words[:length]) for words in map(str.split, names) for length in (1, 2)}
    groups = {name.split()[0] for name in names if " " in name}
    asked = (found.split() for found in _COMMAND.findall(text))
    called = [" ".join(words[: 2 if words[0] in groups else 1]) for words in asked]
    return [name for name in called if name not in known]


def options_by_command() -> dict[str, set[str]]:
    """The options of every command, by its name without `clickwatch`."""
    return {
        name.removeprefix("clickwatch "): {"--help", *(option for each in command.params for option in each.opts)}
        for name, command in commands()
    }


def unknown_options(text: str, options: Mapping[str, Set[str]]) -> list[str]:
    """The options in the commands of `text`, and alone in code spans, that are not there."""
    found = []
    for call in _CALL.findall(text):
        named = [name for name in options if f"{call} ".startswith(f"{name} ")]
        if named:  # another test looks whether the command is there
            command = max(named, key=len)
            found += [f"{command} {option}" for option in _OPTION.findall(call) if option not in options[command]]
    everywhere = set().union(*options.values())
    return found + [option for option in _OPTION_ALONE.findall(text) if option not in everywhere]


@pytest.fixture(params=documentation(), ids=lambda page: page.relative_to(ROOT).as_posix())
def page(request: pytest.FixtureRequest) -> Path:
    """Each page of the documentation."""
    return Path(request.param)


def test_every_command_that_a_page_names_is_there(page: Path) -> None:
    assert unknown_commands(code(page), [name.removeprefix("clickwatch ") for name, _ in commands()]) == []


def test_a_command_that_is_not_there_is_noticed() -> None:
    text = "`clickwatch windows`, `clickwatch fly --high`, `clickwatch quarantine list`, `clickwatch quarantine eat X`"
    assert unknown_commands(text, ["windows", "quarantine list"]) == ["fly", "quarantine eat"]


def test_every_option_that_a_page_names_is_there(page: Path) -> None:
    assert unknown_options(code(page), options_by_command()) == []


def test_an_option_that_is_not_there_is_noticed() -> None:
    text = "`clickwatch windows --json --wings`, `clickwatch quarantine list -q --reason R`, `--json`, `--feathers`"
    options = {"windows": {"--json"}, "quarantine list": {"--reason"}}
    assert unknown_options(text, options) == ["windows --wings", "quarantine list -q", "--feathers"]


def test_every_make_target_that_a_page_names_is_there(page: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert {"demo", "test"} <= targets
    assert set(_TARGET.findall(code(page))) <= targets


def test_every_setting_that_a_page_names_is_there(page: Path) -> None:
    known = {name.upper() for name in AppSettings.model_fields} | {PROOF_SCALE_VARIABLE, *_OF_OTHERS}
    known |= set(_OF_THE_DAG.findall((ROOT / "dags" / "ecommerce_daily_dag.py").read_text("utf-8")))
    assert set(_SETTING.findall(_PYTHON.sub("", page.read_text("utf-8")))) <= known


def test_every_page_that_a_page_links_to_is_there(page: Path) -> None:
    links = _LINK.findall(page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_index_lists_every_page() -> None:
    listed = set(_LINK.findall((ROOT / "docs" / "index.md").read_text("utf-8")))
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert pages - {"index.md"} <= listed
