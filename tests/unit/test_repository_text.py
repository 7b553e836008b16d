"""No file of the repository names the machine that it was written on, or where packages come from."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.repository import ROOT

_PACKAGE_HOST = re.compile(
    r"pypi\.(org|python)|pythonhosted\.org|registry\.npmjs|crates\.io|repo1?\.maven|proxy\.golang\.|deb\.debian\.org"
)
_HOME = re.compile(r"(?<![\w.$}])/(?:root|(?:home|Users)/[a-z]\w*)/")


def offence(text: str) -> str | None:
    """The first word in `text` that a stranger's machine would not understand."""
    found = _PACKAGE_HOST.search(text) or _HOME.search(text)
    return found.group() if found else None


def tracked_texts() -> list[Path]:
    """Every tracked file that is text."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in names.split("\0") if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()]


@pytest.mark.skipif(not (shutil.which("git") and (ROOT / ".git").exists()), reason="this is not a git checkout")
def test_no_tracked_file_names_a_package_host_or_a_home_folder() -> None:
    offences = {path: offence(path.read_text("utf-8")) for path in tracked_texts()}
    assert {path.relative_to(ROOT).as_posix(): word for path, word in offences.items() if word} == {}


@pytest.mark.parametrize("text", ["from python" + "hosted.org", "see /home" + "/ann/shop", "cd /root" + "/x"])
def test_such_a_word_is_noticed(text: str) -> None:
    assert offence(text) is not None


def test_a_path_below_the_own_home_is_fine() -> None:
    assert offence("~/.config/clickwatch and $HOME/root/x") is None
