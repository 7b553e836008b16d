"""Damaged, missing and mismatched parts: found and named, never served; put right, nothing is lost.

Every test begins with a copy of one home that was streamed to its end, but for a few records more on its log.
"""

import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from clickwatch.eventlog.index import ENTRY_BYTES
from tests.support.commands import CommandServer
from tests.support.complaints import complaint
from tests.support.installations import Installation, Outcome, assert_same, assert_true
from tests.support.mixed_clicks import MixedClicks

SETTINGS = {"EPOCH_MAX_BYTES": "15000", "ARCHIVE_MAX_ROWS": "60", "ALERT_MIN_VIEWS_THRESHOLD": "15"}
STREAM = ("stream", "--until-caught-up", "--quiet")
READING = [["windows", "--json"], ["alerts"], ["accounting"], ["totals", "--json"], ["quarantine", "list"]]


@dataclass(frozen=True)
class Sound:
    """A home in which all is well, and what comes of the whole of its log."""

    installation: Installation
    streamed: int
    outcome: Outcome

    def copy(self, folder: Path) -> Installation:
        """The same home again, all of it."""
        shutil.copytree(self.installation.folder, folder)
        return Installation(folder, self.installation.settings)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory, commands: CommandServer) -> Sound:
    folder = tmp_path_factory.mktemp("sound")
    home, clicks = Installation(folder / "home", SETTINGS), MixedClicks(7, 1)
    for _ in range(10):
        home.append(clicks.batch(40))
    assert commands.run(*STREAM, environment=home.environment).exit_code == 0
    log = home.log()
    streamed = log.end_offset(0)
    log.close()
    for _ in range(3):
        home.append(clicks.batch(40))
    whole = home.with_log_of_its_own(folder / "whole")
    assert commands.run(*STREAM, environment=whole.environment).exit_code == 0
    outcome = whole.outcome()
    assert_true(outcome, whole.truth())
    return Sound(home, streamed, outcome)


@pytest.fixture
def home(sound: Sound, tmp_path: Path) -> Installation:
    return sound.copy(tmp_path / "home")


class Circumstances:
    """Runs the command in bad circumstances, and again in good ones."""

    def __init__(self, commands: CommandServer, sound: Sound, home: Installation) -> None:
        self._commands = commands
        self._sound = sound
        self._home = home

    def refuses(self, *command: str) -> str:
        """What the command says; streaming unless told otherwise."""
        return complaint(self._commands.run(*(command or STREAM), environment=self._home.environment))

    def gives_all(self) -> None:
        """The next run makes of the log what it would have made of it anyway."""
        run = self._commands.run(*STREAM, environment=self._home.environment)
        assert (run.exit_code, run.errors) == (0, "")
        assert_same(self._home.outcome(), self._sound.outcome)


@pytest.fixture
def stream(commands: CommandServer, sound: Sound, home: Installation) -> Circumstances:
    return Circumstances(commands, sound, home)


def flip(path: Path, position: int) -> None:
    """Change one bit of a file; done twice, nothing has changed."""
    content = bytearray(path.read_bytes())
    content[position] ^= 0x40
    path.write_bytes(content)


def garble_header(store: Path) -> None:
    content = store.read_bytes()
    store.write_bytes(b"\xa5" * 100 + content[100:])


def garble_middle(store: Path) -> None:
    content = store.read_bytes()
    store.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))


def cut_short(store: Path) -> None:
    store.write_bytes(store.read_bytes()[: store.stat().st_size // 2])


def empty(store: Path) -> None:
    store.write_bytes(b"")


def move_away(home: Installation, *names: str) -> None:
    """Move parts of a home beside it, as the cures advise."""
    aside = home.folder.with_name("aside")
    aside.mkdir(exist_ok=True)
    for name in names:
        for path in home.folder.glob(name):
            path.rename(aside / path.name)


def put_back(home: Installation, *names: str) -> None:
    """Put back what was moved away, in place of what has come there since."""
    for name in names:
        for path in [*home.folder.glob(name)]:
            _remove(path)
        for path in home.folder.with_name("aside").glob(name):
            path.rename(home.folder / path.name)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


@pytest.mark.parametrize("damage", [garble_header, garble_middle, cut_short, empty])
def test_a_damaged_store_is_refused_and_built_again_from_the_log(
    damage: Callable[[Path], None], home: Installation, stream: Circumstances
) -> None:
    damage(home.home.store)
    assert f"The store {home.home.store} is damaged" in stream.refuses()
    for command in READING:
        assert f"The store {home.home.store} is damaged" in stream.refuses(*command)
    move_away(home, "store.sqlite*", "archive")
    stream.gives_all()


def test_a_missing_store_beside_its_archive_is_refused(home: Installation, stream: Circumstances) -> None:
    move_away(home, "store.sqlite*")
    assert "The archive is ahead of its store" in stream.refuses()
    put_back(home, "store.sqlite*")
    stream.gives_all()


def test_an_archive_ahead_of_its_store_is_refused(
    sound: Sound, home: Installation, commands: CommandServer, stream: Circumstances
) -> None:
    stream.gives_all()
    move_away(home, "store.sqlite*")
    for path in sound.installation.folder.glob("store.sqlite*"):
        shutil.copy2(path, home.folder)
    assert "The archive is ahead of its store" in stream.refuses()
    put_back(home, "store.sqlite*")
    stream.gives_all()


def data_files(home: Installation) -> list[Path]:
    return sorted(home.home.archive.glob("event_date=*/*/*.parquet"), key=lambda path: path.name)


def commits(home: Installation) -> list[Path]:
    return sorted((home.home.archive / "_delta_log").glob("*.json"))


def a_file_is_cut(home: Installation) -> Path:
    path = data_files(home)[-1]
    path.write_bytes(path.read_bytes()[:-10])
    return path


def a_file_is_missing(home: Installation) -> Path:
    path = data_files(home)[0]
    path.unlink()
    return path


def a_file_is_other_bytes(home: Installation) -> Path:
    path = data_files(home)[-1]
    path.write_bytes(b"\xa5" * path.stat().st_size)
    return path


def the_last_commit_is_empty(home: Installation) -> Path:
    path = commits(home)[-1]
    path.write_bytes(b"")
    return path


def a_commit_is_torn(home: Installation) -> Path:
    path = commits(home)[-2]
    path.write_bytes(path.read_bytes()[:-30])
    return path


def a_commit_is_missing(home: Installation) -> Path:
    path = commits(home)[-2]
    path.unlink()
    return path


def the_archive_is_missing(home: Installation) -> Path:
    shutil.rmtree(home.home.archive)
    return home.home.archive


@pytest.mark.parametrize(
    "damage",
    [
        a_file_is_cut,
        a_file_is_missing,
        a_file_is_other_bytes,
        the_last_commit_is_empty,
        a_commit_is_torn,
        a_commit_is_missing,
        the_archive_is_missing,
    ],
)
def test_a_damaged_archive_is_refused_and_built_again_with_the_store(
    damage: Callable[[Installation], Path], home: Installation, stream: Circumstances
) -> None:
    place = damage(home)
    line = stream.refuses()
    assert str(place) in line
    assert str(home.home.archive) in line
    assert "the archive and the store" in line  # the cure: alone, the archive is not built again
    move_away(home, "store.sqlite*", "archive")
    stream.gives_all()


def test_an_older_archive_is_refused(
    sound: Sound, home: Installation, commands: CommandServer, stream: Circumstances
) -> None:
    stream.gives_all()
    move_away(home, "archive")
    shutil.copytree(sound.installation.folder / "archive", home.folder / "archive")
    assert "the store no longer knows epoch" in stream.refuses()
    put_back(home, "archive")
    stream.gives_all()


def log_file(home: Installation, ending: str) -> Path:
    (path,) = (home.home.log / "clickstream_events" / "0").glob(f"*.{ending}")
    return path


def test_a_byte_flipped_where_nobody_has_read_yet_stops_the_stream_before_it(
    sound: Sound, home: Installation, stream: Circumstances
) -> None:
    flip(log_file(home, "ndjson"), sound.streamed + 100)
    assert f"{log_file(home, 'ndjson')} is damaged within bytes" in stream.refuses()
    flip(log_file(home, "ndjson"), sound.streamed + 100)
    stream.gives_all()


def test_a_byte_flipped_in_what_is_not_archived_yet_stops_the_recovery(
    sound: Sound, commands: CommandServer, tmp_path: Path
) -> None:
    home = sound.installation.with_log_of_its_own(tmp_path / "killed")
    unarchived = Installation(home.folder, {**SETTINGS, "ARCHIVE_MAX_ROWS": "1000000"})
    environment = unarchived.environment
    killed = commands.start("handed over", "4", module="tests.support.faulty_stream", environment=environment).end()
    assert killed.exit_code == -signal.SIGKILL
    stream = Circumstances(commands, sound, home)
    flip(log_file(home, "ndjson"), 200)
    assert f"{log_file(home, 'ndjson')} is damaged within bytes" in stream.refuses()
    flip(log_file(home, "ndjson"), 200)
    stream.gives_all()


def test_a_damaged_index_entry_in_the_middle_stops_the_stream(
    sound: Sound, home: Installation, stream: Circumstances
) -> None:
    index = log_file(home, "index")
    place = (index.stat().st_size // ENTRY_BYTES - 2) * ENTRY_BYTES + 3
    flip(index, place)
    assert f"{index} is damaged in bytes" in stream.refuses()
    flip(index, place)
    stream.gives_all()


def test_a_log_that_ends_before_the_store_s_place_is_refused(home: Installation, stream: Circumstances) -> None:
    move_away(home, "log")
    home.append(MixedClicks(8, 1).batch(30))
    assert "The log does not hold what was streamed from it" in stream.refuses()
    put_back(home, "log")
    stream.gives_all()


def test_a_missing_log_is_not_taken_for_an_empty_one(home: Installation, stream: Circumstances) -> None:
    move_away(home, "log")
    assert "The log does not hold what was streamed from it" in stream.refuses()
    put_back(home, "log")
    stream.gives_all()


def test_a_log_with_fewer_partitions_than_were_streamed_is_refused(
    sound: Sound, commands: CommandServer, tmp_path: Path
) -> None:
    two = Installation(tmp_path / "two", {**SETTINGS, "LOG_PARTITIONS": "2"})
    two.append(MixedClicks(9, 2).batch(100))
    assert commands.run(*STREAM, environment=two.environment).exit_code == 0
    outcome = two.outcome()
    move_away(two, "log")
    one = Installation(two.folder, SETTINGS)
    one.append(MixedClicks(9, 1).batch(1000))
    assert "partition 1" in complaint(commands.run(*STREAM, environment=one.environment))
    put_back(two, "log")
    assert commands.run(*STREAM, environment=two.environment).exit_code == 0
    assert_same(two.outcome(), outcome)
