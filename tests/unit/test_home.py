"""The home of one installation: its identity, and where its key lies."""

from pathlib import Path
from threading import Barrier, Thread

import pytest

from clickwatch.errors import KeyProblem, StorageError
from clickwatch.settings import load_settings
from clickwatch.wiring.home import Home, open_home, pseudonym_key


def test_a_home_keeps_its_identity(tmp_path: Path) -> None:
    settings = load_settings(clickwatch_home=tmp_path / "home")
    first = open_home(settings).identity.read_text()
    assert len(first.strip()) == 16
    assert open_home(settings).identity.read_text() == first


def test_of_many_that_open_a_new_home_at_once_all_see_one_identity(tmp_path: Path) -> None:
    for attempt in range(40):
        assert len(set(seen_by_many(tmp_path / f"home-{attempt}"))) == 1


def seen_by_many(folder: Path) -> list[str]:
    """The identity that each of several threads finds right after it opened the home."""
    settings = load_settings(clickwatch_home=folder)
    start, seen = Barrier(6), []

    def look() -> None:
        start.wait()
        seen.append(open_home(settings).identity.read_text("ascii"))

    threads = [Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 6
    return seen


def test_a_moved_home_finds_its_key(tmp_path: Path) -> None:
    home = open_home(load_settings(clickwatch_home=tmp_path / "home"))
    settings = load_settings(clickwatch_home=tmp_path / "moved")
    key = pseudonym_key(settings, home, begun=False)
    home.folder.rename(tmp_path / "moved")
    assert pseudonym_key(settings, open_home(settings), begun=True) == key


def test_two_homes_have_keys_of_their_own(tmp_path: Path) -> None:
    settings = load_settings()
    homes = [open_home(load_settings(clickwatch_home=tmp_path / name)) for name in ("one", "two")]
    assert len({pseudonym_key(settings, home, begun=False) for home in homes}) == 2


def test_the_key_may_be_a_file_of_its_own(tmp_path: Path) -> None:
    settings = load_settings(clickwatch_home=tmp_path / "home", pseudonym_key_file=tmp_path / "secret.key")
    key = pseudonym_key(settings, open_home(settings), begun=False)
    assert (tmp_path / "secret.key").read_text().strip() == key.hex()


@pytest.mark.parametrize("place", ["keys", "my.key", "a/../keys"])
def test_a_key_inside_the_data_folder_is_refused(tmp_path: Path, place: str) -> None:
    settings = load_settings(clickwatch_home=tmp_path / "home", pseudonym_key_file=tmp_path / "home" / place)
    with pytest.raises(KeyProblem, match="inside the data folder"):
        pseudonym_key(settings, open_home(settings), begun=False)


def test_a_key_that_a_link_leads_into_the_data_folder_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / "home" / "keys").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "home" / "keys")
    settings = load_settings(clickwatch_home=tmp_path / "home", pseudonym_key_file=tmp_path / "link")
    with pytest.raises(KeyProblem, match="inside the data folder"):
        pseudonym_key(settings, open_home(settings), begun=False)


def test_a_key_outside_may_be_named_by_way_of_the_data_folder(tmp_path: Path) -> None:
    settings = load_settings(clickwatch_home=tmp_path / "home", pseudonym_key_file=tmp_path / "home/../keys")
    assert len(pseudonym_key(settings, open_home(settings), begun=False)) == 32


def test_a_home_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="CLICKWATCH_HOME"):
        open_home(load_settings(clickwatch_home=tmp_path / "file" / "home"))


def test_an_identity_that_cannot_be_read_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    Home(tmp_path / "home").identity.mkdir()
    settings = load_settings(clickwatch_home=tmp_path / "home")
    with pytest.raises(StorageError, match=r"home\.id"):
        pseudonym_key(settings, open_home(settings), begun=False)
