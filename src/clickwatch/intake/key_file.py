"""The pseudonym key: made at first start, kept outside the data folder, readable by its owner alone."""

import secrets
from pathlib import Path

from clickwatch.errors import KeyProblem
from clickwatch.files.durable import PRIVATE_FOLDER, make_folder, write_once
from clickwatch.intake.pseudonym import KEY_BYTES

_LEAST_DISTINCT_BYTES = 12


def parse_key(text: str, source: str) -> bytes:
    """The key in `text` (64 hex digits). Raises KeyProblem if it is malformed or plainly not random."""
    cure = "Make one with: python3 -c 'import secrets; print(secrets.token_hex(32))'"
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        raise KeyProblem(f"The pseudonym key in {source} is not hexadecimal", cure) from None
    if len(key) != KEY_BYTES:
        raise KeyProblem(f"The pseudonym key in {source} has {len(key) * 8} bits, not {KEY_BYTES * 8}", cure)
    if len(set(key)) < _LEAST_DISTINCT_BYTES:
        raise KeyProblem(f"The pseudonym key in {source} is weak: its bytes repeat", cure)
    return key


def read_key(path: Path) -> bytes:
    """The key in a file. Raises KeyProblem if it is missing, open to others, or weak."""
    try:
        mode = path.stat().st_mode
        text = path.read_text("ascii")
    except FileNotFoundError:
        raise KeyProblem(
            f"The pseudonym key {path} is missing, and this home has events under it",
            "Put the key file back (or give PSEUDONYM_KEY); with a new key no user could be recognised",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise KeyProblem(f"The pseudonym key {path} cannot be read: {error}", "Put the key file back") from error
    if mode & 0o077:
        raise KeyProblem(f"The pseudonym key {path} is open to other users", f"Run: chmod 600 {path}")
    return parse_key(text, str(path))


def make_key(path: Path) -> bytes:
    """Make a new random key at `path` (mode 0600, synced), unless another process was first; the key there."""
    try:
        make_folder(path.parent, PRIVATE_FOLDER)
        write_once(path, secrets.token_hex(KEY_BYTES).encode("ascii") + b"\n")
    except OSError as error:
        raise KeyProblem(
            f"The pseudonym key {path} cannot be made: {error.strerror}",
            "Make the folder writable, or name another with PSEUDONYM_KEY_FILE",
        ) from error
    return read_key(path)
