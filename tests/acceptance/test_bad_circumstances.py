"""Bad settings, keys, homes and arguments: one clear line, a non-zero exit code, and nothing lost by it."""

import os
from pathlib import Path

import pytest

from tests.support.commands import CommandServer
from tests.support.complaints import complaint
from tests.support.installations import KEY, Installation, assert_true
from tests.support.mixed_clicks import MixedClicks

STREAM = ("stream", "--until-caught-up", "--quiet")
READING = [["windows"], ["alerts"], ["accounting"], ["totals"], ["quarantine", "list"]]
BAD_SETTINGS = [
    ("SPARK_WINDOW_DURATION", "soon", "is not a duration"),
    ("SPARK_WINDOW_DURATION", "0", "greater than 0"),
    ("SPARK_WINDOW_DURATION", "-5", "is not a duration"),
    ("SPARK_WINDOW_DURATION", "999999999 days", "less than or equal to"),
    ("SPARK_WATERMARK_DELAY", "2 fortnights", "is not a duration"),
    ("SPARK_WATERMARK_DELAY", "999999999 days", "less than or equal to"),
    ("INTAKE_MAX_FUTURE", "999999999 days", "less than or equal to"),
    ("SPARK_SLIDE_DURATION", "11", "must not be longer than SPARK_WINDOW_DURATION"),
    ("SPARK_SLIDE_DURATION", "1 ms", "SPARK_SLIDE_DURATION"),
    ("LOG_PARTITIONS", "0", "greater than or equal to 1"),
    ("LOG_PARTITIONS", "two", "valid integer"),
    ("LOG_SEGMENT_BYTES", "12", "greater than or equal to"),
    ("RETENTION_DAYS", "0", "greater than or equal to"),
    ("EPOCH_MAX_BYTES", "1", "greater than or equal to"),
    ("EPOCH_INTERVAL", "0", "greater than 0"),
    ("ARCHIVE_MAX_ROWS", "0", "greater than or equal to 1"),
    ("DEDUP_MEMORY", "much", "valid integer"),
    ("ALERT_MIN_VIEWS_THRESHOLD", "-1", "greater than or equal to 0"),
    ("ALERT_MIN_VIEWS_THRESHOLD", "9" * 30, "less than or equal to"),
    ("ALERT_HANDLERS", "pigeon", "known are console, file"),
    ("KAFKA_CLICKSTREAM_TOPIC", "a/b", "match pattern"),
    ("KAFKA_CLICKSTREAM_TOPIC", "..", "cannot be named"),
    ("PRODUCER_EVENTS_PER_SECOND", "nan", "finite number"),
    ("PRODUCER_EVENTS_PER_SECOND", "0", "greater than 0"),
    ("LOG_LEVEL", "loud", "match pattern"),
    ("CLICKWATCH_HOME", "", "CLICKWATCH_HOME"),
    ("CLICKWATCH_HOME", "~nobody-of-that-name/home", "CLICKWATCH_HOME"),
    ("PSEUDONYM_KEY_FILE", "~nobody-of-that-name/key", "PSEUDONYM_KEY_FILE"),
    ("PSEUDONYM_KEY", "0123456789abcdef", "64 bits, not 256"),
    ("PSEUDONYM_KEY", "ab" * 32, "weak"),
    ("PSEUDONYM_KEY", "a key of mine", "not hexadecimal"),
]


@pytest.fixture
def shop(tmp_path: Path) -> Installation:
    """A home with a log and nothing streamed."""
    home = Installation(tmp_path / "home")
    home.append(MixedClicks(5, 1).batch(200))
    return home


def assert_streams_whole(commands: CommandServer, shop: Installation) -> None:
    """A good run gives the full result."""
    run = commands.run(*STREAM, environment=shop.environment)
    assert (run.exit_code, run.errors) == (0, "")
    assert_true(shop.outcome(), shop.truth())


@pytest.mark.parametrize(("name", "value", "words"), BAD_SETTINGS)
def test_a_bad_setting_is_named_with_what_is_wrong_about_it(
    name: str, value: str, words: str, commands: CommandServer
) -> None:
    line = complaint(commands.run(*STREAM, environment={name: value}), exit_code=1 if name == "PSEUDONYM_KEY" else 2)
    assert name in line
    assert words in line
    assert value not in line if name == "PSEUDONYM_KEY" else True


def test_all_bad_settings_are_named_at_once(commands: CommandServer) -> None:
    line = complaint(commands.run(*STREAM, environment={"LOG_PARTITIONS": "0", "LOG_LEVEL": "loud"}), exit_code=2)
    assert "LOG_PARTITIONS" in line
    assert "LOG_LEVEL" in line


@pytest.mark.parametrize("content", [b"LOG_PARTITIONS=zero\n", b"LOG_LEVEL=\xff\xfe\n"])
def test_a_bad_env_file_is_named(content: bytes, commands: CommandServer) -> None:
    Path(".env").write_bytes(content)
    assert ".env" in complaint(commands.run(*STREAM), exit_code=2)


def test_a_setting_that_shapes_decisions_may_not_change_under_a_stream(
    shop: Installation, commands: CommandServer
) -> None:
    assert_streams_whole(commands, shop)
    changed = {**shop.environment, "SPARK_WINDOW_DURATION": "15"}
    line = complaint(commands.run(*STREAM, environment=changed), exit_code=2)
    assert "SPARK_WINDOW_DURATION was 10m and is 15m" in line
    shop.append(MixedClicks(6, 1).batch(50))
    assert_streams_whole(commands, shop)


@pytest.mark.parametrize("command", [["stream", "--until-caught-up"], *READING])
def test_a_home_below_a_file_cannot_be_used(command: list[str], commands: CommandServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    line = complaint(commands.run(*command, environment={"CLICKWATCH_HOME": str(tmp_path / "file" / "home")}))
    assert str(tmp_path / "file") in line


@pytest.mark.parametrize("part", ["log", "archive", "store.sqlite", "home.id"])
def test_something_else_in_the_place_of_a_part_of_the_home_is_named(
    part: str, commands: CommandServer, shop: Installation
) -> None:
    place = shop.folder / part
    aside = shop.folder.with_name("aside")
    if place.exists():
        place.rename(aside)
    if part in ("log", "archive"):
        place.write_text("not a folder")
    else:
        place.mkdir()
    environment = {name: value for name, value in shop.environment.items() if name != "PSEUDONYM_KEY"}
    assert str(place) in complaint(commands.run(*STREAM, environment=environment))
    if place.is_file():
        place.unlink()
    else:
        place.rmdir()
    if aside.exists():
        aside.rename(place)
    assert_streams_whole(commands, shop)


@pytest.fixture
def key(shop: Installation, commands: CommandServer, tmp_path: Path) -> Path:
    """The key file of a shop that was streamed with it."""
    file = tmp_path / "keys" / "shop.key"
    file.parent.mkdir()
    file.write_text(KEY)
    file.chmod(0o600)
    run = commands.run(*STREAM, environment=with_key_file(shop, file))
    assert run.exit_code == 0, run.errors
    shop.append(MixedClicks(6, 1).batch(50))
    return file


def with_key_file(shop: Installation, file: Path) -> dict[str, str]:
    environment = {name: value for name, value in shop.environment.items() if name != "PSEUDONYM_KEY"}
    return {**environment, "PSEUDONYM_KEY_FILE": str(file)}


def test_a_key_that_is_missing_after_the_start_stops_intake(
    key: Path, shop: Installation, commands: CommandServer
) -> None:
    key.rename(key.with_name("aside"))
    line = complaint(commands.run(*STREAM, environment=with_key_file(shop, key)))
    assert f"{key} is missing" in line
    assert not key.exists()
    assert_streams_whole(commands, shop)


def test_a_key_that_others_can_read_stops_intake(key: Path, shop: Installation, commands: CommandServer) -> None:
    key.chmod(0o644)
    line = complaint(commands.run(*STREAM, environment=with_key_file(shop, key)))
    assert f"chmod 600 {key}" in line
    assert_streams_whole(commands, shop)


@pytest.mark.parametrize("text", ["", "00" * 32, "ab" * 16, "zz" * 32, "é" * 64])
def test_a_key_file_without_a_strong_key_stops_intake(
    text: str, key: Path, shop: Installation, commands: CommandServer
) -> None:
    key.write_text(text)
    assert str(key) in complaint(commands.run(*STREAM, environment=with_key_file(shop, key)))
    assert_streams_whole(commands, shop)


def test_another_key_stops_intake(key: Path, shop: Installation, commands: CommandServer) -> None:
    key.write_text(KEY[::-1])
    line = complaint(commands.run(*STREAM, environment=with_key_file(shop, key)))
    assert "is another one" in line
    assert_streams_whole(commands, shop)


def test_a_key_within_the_home_is_refused(shop: Installation, commands: CommandServer, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(shop.folder)
    for place in (shop.folder / "key.txt", shop.folder, tmp_path / "link" / "keys"):
        line = complaint(commands.run(*STREAM, environment=with_key_file(shop, place)))
        assert "inside the data folder" in line
    assert_streams_whole(commands, shop)


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_reading_before_anything_was_streamed_says_so_and_makes_nothing(
    command: list[str], form: list[str], commands: CommandServer
) -> None:
    assert "Nothing has been streamed yet" in complaint(commands.run(*command, *form))
    assert not Path(os.environ["CLICKWATCH_HOME"]).exists()


def test_an_empty_log_is_streamed_to_its_end(commands: CommandServer) -> None:
    assert commands.run(*STREAM).exit_code == 0
    for command in READING:
        listed = commands.run(*command)
        assert (listed.exit_code, listed.errors) == (0, "")
        assert commands.run(*command, "--json").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["stream", "--bogus"],
        ["stream", "--engine", "steam"],
        ["stream", "--from", "there"],
        ["stream", "now"],
        ["windows", "--status", "purple"],
        ["windows", "--limit", "0"],
        ["windows", "--limit", "many"],
        ["windows", "--limit", "99999999999999999999"],
        ["segments", "--limit", "99999999999999999999"],
        ["quarantine", "export", "some.ndjson", "--limit", "99999999999999999999"],
        ["alerts", "--status", "purple"],
        ["quarantine", "purge"],
        ["replay"],
    ],
)
def test_wrong_arguments_end_with_2_and_a_hint(arguments: list[str], commands: CommandServer) -> None:
    ended = commands.run(*arguments)
    assert ended.exit_code == 2
    assert "--help" in ended.errors
    assert "Traceback" not in ended.errors
    assert not Path(os.environ["CLICKWATCH_HOME"]).exists()
