"""What the page about reasons says is there is what the commands offer, and nothing else is."""

import re

import pytest

from scripts.command_page import command_page
from tests.support.repository import ROOT

PAGE = (ROOT / "docs" / "why.md").read_text("utf-8")
TABLE = re.findall(r"^\| ([\w ]+) \| (.+?) \| (.*?)\|$", PAGE, re.MULTILINE)[1:]
TOLD = {option for _, *kinds in TABLE for kind in kinds for option in re.findall(r"`(--\w+ \w+)`", kind)}


def offered(option: str) -> set[str]:
    """What the commands let people choose with an option, as `--option choice`."""
    choices = re.findall(rf"^\| `{option} <([\w|-]+)>` \|", command_page().replace("\\|", "|"), re.MULTILINE)
    return {f"{option} {choice}" for each in choices for choice in each.split("|")}


@pytest.mark.parametrize("option", ["--engine", "--from", "--to"])
def test_what_the_page_says_is_there_is_what_can_be_chosen(option: str) -> None:
    assert {told for told in TOLD if told.startswith(f"{option} ")} == offered(option) != set()


def test_every_part_says_what_it_is_at_first_and_what_it_grows_onto() -> None:
    assert [part for part, _, _ in TABLE] == ["log", "speed engine", "batch engine", "archive", "store", "schedule"]
