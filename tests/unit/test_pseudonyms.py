"""Pseudonyms and their key."""

import os
from pathlib import Path
from threading import Barrier, Thread

import pyarrow as pa
import pytest

from clickwatch.errors import KeyProblem
from clickwatch.intake.key_file import make_key, parse_key, read_key
from clickwatch.intake.pseudonym import Pseudonymiser

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))


def test_a_pseudonym_is_that_of_rfc_2104() -> None:
    # printf %s USER_0123 | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102…1f
    key_id, _, mac = Pseudonymiser(KEY).user_key("USER_0123").partition("-")
    assert (len(key_id), len(mac)) == (8, 32)
    assert mac == "063a49dfd879abee99c41636f51502c2"


def test_keys_are_told_apart_without_being_known() -> None:
    one, other = Pseudonymiser(KEY), Pseudonymiser(OTHER)
    assert one.key_id != other.key_id
    assert one.user_key("u").split("-")[1] != other.user_key("u").split("-")[1]
    assert KEY.hex()[:8] not in one.user_key("u")


def test_a_column_has_the_pseudonyms_of_its_users() -> None:
    users = pa.DictionaryArray.from_arrays(pa.array([3, 1, 3, 0], pa.int32()), ["ü", "a", "nobody", "智"])
    pseudonymiser = Pseudonymiser(KEY)
    keys = pseudonymiser.user_keys(users)
    assert keys.to_pylist() == [pseudonymiser.user_key(name) for name in ("智", "a", "智", "ü")]
    again = pa.DictionaryArray.from_arrays(pa.array([1, 0], pa.int32()), ["new", "a"])
    assert pseudonymiser.user_keys(again).to_pylist() == [pseudonymiser.user_key(name) for name in ("a", "new")]


def test_an_empty_column_has_no_pseudonyms() -> None:
    users = pa.DictionaryArray.from_arrays(pa.array([], pa.int32()), pa.array([], pa.string()))
    assert Pseudonymiser(KEY).user_keys(users).to_pylist() == []


def test_a_key_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "home.key"
    key = make_key(path)
    assert len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["home.key"]
    assert read_key(path) == key


def test_a_key_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    first = make_key(tmp_path / "key")
    assert make_key(tmp_path / "key") == first


def test_of_many_that_make_a_key_at_once_all_get_the_same(tmp_path: Path) -> None:
    start, keys = Barrier(8), []

    def make() -> None:
        start.wait()
        keys.append(make_key(tmp_path / "key"))

    threads = [Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8 and len(set(keys)) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    make_key(tmp_path / "key")
    (tmp_path / "key").chmod(mode)
    with pytest.raises(KeyProblem, match="chmod 600"):
        read_key(tmp_path / "key")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "has 0 bits"),
        ("zz" * 32, "not hexadecimal"),
        (KEY.hex()[:-2], "has 248 bits"),
        (KEY.hex() + "00", "has 264 bits"),
        ("00" * 32, "weak"),
        ("0123456789abcdef" * 4, "weak"),
    ],
)
def test_a_key_that_is_none_is_refused_without_being_shown(text: str, problem: str) -> None:
    with pytest.raises(KeyProblem, match=problem) as error:
        parse_key(text, "PSEUDONYM_KEY")
    assert not text or text not in str(error.value)


def test_a_key_file_of_other_bytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff" * 64)
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(KeyProblem, match="cannot be read"):
        read_key(tmp_path / "key")


def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KeyProblem, match="PSEUDONYM_KEY_FILE"):
        make_key(tmp_path / "file" / "key")


def test_blanks_and_capitals_in_a_key_do_not_matter() -> None:
    assert parse_key(f"  {KEY.hex().upper()}\n", os.devnull) == KEY
