import pytest

from clickwatch.domain.plain_text import printable


@pytest.mark.parametrize("text", ["PROD_001", "Smartphones & Zubehör", "手机 配件", "a\u00a0b", "📱", "C:\\x1b"])
def test_visible_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\nb\r\tc\x00", "a\\x0ab\\x0d\\x09c\\x00"),
        ("\x9b2J", "\\x9b2J"),
        ("abc\u202edcba", "abc\\u202edcba"),
        ("\u2066\u200f\u2028", "\\u2066\\u200f\\u2028"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_steers_a_terminal_is_shown_instead_of_obeyed(text: str, shown: str) -> None:
    assert printable(text) == shown
