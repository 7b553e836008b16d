"""A disk that takes no more, at any part of the pipeline: one clear line, and with room again nothing is missing."""

from pathlib import Path
from random import Random

import pytest

from tests.support.commands import CommandServer
from tests.support.complaints import complaint
from tests.support.installations import Installation, assert_same, assert_true
from tests.support.mixed_clicks import MixedClicks

STREAM = ("stream", "--until-caught-up", "--quiet")
RECORDS = 6_000


@pytest.fixture(scope="module")
def full_log(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    home = Installation(tmp_path_factory.mktemp("full") / "home", {"ALERT_MIN_VIEWS_THRESHOLD": "30"})
    home.append(MixedClicks(13, 1).batch(RECORDS))
    return home


def many_ids(count: int) -> bytes:
    """Views of one product by many users, each with an id that tells nothing of the others."""
    random = Random(17)
    click = (
        b'{"user_id":"%d","product_id":"P","event_type":"view","timestamp":"2026-01-26T09:00:00Z","event_id":"%d"}\n'
    )
    return b"".join(click % (random.randrange(100_000), random.getrandbits(60)) for _ in range(count))


@pytest.mark.parametrize(
    ("room", "epoch_bytes", "part"),
    [
        (4, "1000000", "home.id"),
        (1_000, "1000000", "store.sqlite"),
        (50_000, "1000000", "store.sqlite"),
        (400_000, "20000", "store.sqlite"),
        (700_000, "100000", "store.sqlite"),
    ],
)
def test_a_stream_on_a_full_disk_stops_and_goes_on_when_there_is_room(
    room: int, epoch_bytes: str, part: str, full_log: Installation, commands: CommandServer, tmp_path: Path
) -> None:
    home = full_log.with_log_of_its_own(tmp_path / "home", EPOCH_MAX_BYTES=epoch_bytes)
    line = complaint(commands.run(*STREAM, environment=home.environment, file_size=room))
    assert str(home.folder) in line
    assert commands.run(*STREAM, environment=home.environment).exit_code == 0
    assert_true(home.outcome(), home.truth())


def test_an_archive_on_a_full_disk_stops_the_stream_and_is_made_up_for(
    full_log: Installation, commands: CommandServer, tmp_path: Path
) -> None:
    begun = full_log.with_log_of_its_own(tmp_path / "home", EPOCH_MAX_BYTES="10000000", JUDGING_PROCESSES="0")
    assert commands.run(*STREAM, environment=begun.environment).exit_code == 0
    before = begun.outcome()
    # One archive file of more bytes than the store writes: all these events are in the same few windows.
    begun.append({0: many_ids(36_000)})
    line = complaint(commands.run(*STREAM, environment=begun.environment, file_size=1_000_000))
    assert str(begun.home.archive) in line
    assert len(begun.archived()) == len(before.archive)
    assert commands.run(*STREAM, environment=begun.environment).exit_code == 0
    assert len(begun.archived()) > len(before.archive)
    undisturbed = begun.with_log_of_its_own(tmp_path / "undisturbed")
    assert commands.run(*STREAM, environment=undisturbed.environment).exit_code == 0
    assert_same(begun.outcome(), undisturbed.outcome())


def test_ids_that_find_no_room_on_disk_stop_the_stream(commands: CommandServer, tmp_path: Path) -> None:
    home = Installation(tmp_path / "home", {"DEDUP_MEMORY": "1", "JUDGING_PROCESSES": "0"})
    home.append({0: many_ids(75_000)})
    line = complaint(commands.run(*STREAM, environment=home.environment, file_size=600_000))
    assert str(home.home.spill) in line
    assert commands.run(*STREAM, environment=home.environment).exit_code == 0
    assert_true(home.outcome(), home.truth())


def test_judging_processes_without_room_for_shared_memory_are_done_without(
    commands: CommandServer, tmp_path: Path
) -> None:
    home = Installation(tmp_path / "home", {"JUDGING_PROCESSES": "2"})
    home.append({0: many_ids(36_000)})
    run = commands.run(*STREAM, environment=home.environment, file_size=5_000_000)
    assert run.exit_code == 0, run.errors
    assert_true(home.outcome(), home.truth())


@pytest.mark.parametrize("room", [4, 10_000, 70_000])
def test_a_replay_onto_a_full_disk_stops_and_what_it_kept_is_whole(
    room: int, commands: CommandServer, tmp_path: Path
) -> None:
    home = Installation(tmp_path / "home")
    lines = MixedClicks(14, 1).batch(1_000)[0]
    (tmp_path / "events.ndjson").write_bytes(lines)
    ended = commands.run("replay", str(tmp_path / "events.ndjson"), environment=home.environment, file_size=room)
    assert (ended.exit_code, "Traceback" in ended.errors) == (1, False)
    assert ended.errors.splitlines()[-1].startswith("clickwatch: ")
    assert str(home.folder) in ended.errors
    kept = b"".join(record.raw + b"\n" for record in home.records()[0])
    assert lines.startswith(kept)
    home.append({0: lines[len(kept) :]})
    assert commands.run(*STREAM, environment=home.environment).exit_code == 0
    assert_true(home.outcome(), home.truth())
