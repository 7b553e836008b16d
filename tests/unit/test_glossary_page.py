"""The glossary: in order, short, and each word with the module where it lives."""

import re

import pytest

from tests.support.repository import ROOT

PAGE = (ROOT / "docs" / "glossary.md").read_text("utf-8")
ENTRIES = re.findall(r"^## (.+)\n\n((?:.+\n)+)", PAGE, re.MULTILINE)
EXPECTED = {
    "event time",
    "log time",
    "watermark",
    "allowed lateness",
    "window",
    "hand-over",
    "cut",
    "provisional",
    "final",
    "epoch",
    "outbox",
    "lease",
    "accounting",
    "quarantine",
    "archive",
    "batch view",
}


def test_the_words_stand_in_the_order_of_the_alphabet_each_once() -> None:
    words = [word for word, _ in ENTRIES]
    assert words == sorted(set(words)) and set(words) >= EXPECTED
    assert len(words) == PAGE.count("\n## ")


@pytest.mark.parametrize(("word", "text"), ENTRIES, ids=[word for word, _ in ENTRIES])
def test_a_word_is_explained_in_a_few_sentences_with_its_module(word: str, text: str) -> None:
    prose, modules = re.fullmatch(r"(.+?)((?:`[\w/]+\.py`(?:, )?)+)", " ".join(text.split())).groups()  # type: ignore[union-attr]
    assert 1 <= len(re.findall(r"[.!?](?: |$)", prose)) <= 3
    assert all((ROOT / "src" / "clickwatch" / name).is_file() for name in re.findall(r"`(.+?)`", modules))
