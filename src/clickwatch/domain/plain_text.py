"""Text from outside made harmless for a terminal: what would steer it is shown instead of obeyed."""

import unicodedata


def printable(text: str) -> str:
    """`text` on one line, with every character that is not itself visible written as its escape.

    Escaped are control characters (line ends, tabs and the ESC of ANSI sequences among them), bidirectional and
    other format marks, line separators, surrogates, private and unassigned characters: `\\x1b`, `\\u202e`.
    Letters of all scripts, marks, symbols and spaces stay as they are.
    """
    if text.isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
