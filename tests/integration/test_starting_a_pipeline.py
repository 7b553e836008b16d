"""What a pipeline refuses to start on, each in one clear line, and that nothing is lost by it."""

import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from clickwatch.errors import ArchiveError, ClickwatchError, KeyProblem, LogError, SecondPipeline, SettingsError
from tests.support.memory_log import Entry, MemoryLog
from tests.support.pipeline_children import stream_until_told
from tests.support.processes import child
from tests.support.silent_server import unused_port
from tests.support.small_home import SmallHome, shopping

OTHER_KEY = "00112233445566778899aabbccddeeff102132435465768798a9bacbdcedfe0f"


@pytest.fixture
def begun(tmp_path: Path) -> SmallHome:
    """A home that has streamed three events."""
    home = SmallHome(tmp_path / "home")
    home.stream(MemoryLog([shopping(0, 3)]))
    return home


def longer() -> MemoryLog:
    """The log of `begun`, with three events more."""
    return MemoryLog([shopping(0, 6)])


def one_line(error: pytest.ExceptionInfo[ClickwatchError]) -> str:
    """The error as an operator sees it."""
    text = str(error.value)
    assert "\n" not in text and error.value.cure
    return text


def goes_on(home: SmallHome) -> bool:
    """Whether the home takes up the longer log where it was left."""
    home.stream(longer())
    return home.found().accounts[0].accepted == 6


# One at a time


def test_a_stream_keeps_its_place_until_the_last_of_what_leaves_the_house_is_out(tmp_path: Path) -> None:
    # The topic for refused records is away: at the end the stream tries to reach it for a few seconds.
    away = {
        "quarantine_kafka_topic": "refused",
        "kafka_bootstrap_servers": f"127.0.0.1:{unused_port()}",
        "kafka_clickstream_topic": "other",
    }
    home = SmallHome(tmp_path / "home", **away)
    log = MemoryLog([[Entry(0, b"no event")]])
    archived = threading.Event()

    def on_step(step: str) -> None:
        if step == "archived":
            archived.set()

    stream = threading.Thread(target=lambda: home.stream(log, on_step=on_step))
    stream.start()
    assert archived.wait(60)
    time.sleep(1)
    with pytest.raises(SecondPipeline, match="holds the lease"):
        home.stream(log)
    assert stream.is_alive(), "it was still at it"
    stream.join()
    home.stream(log, quarantine_kafka_topic="")


# Settings and keys


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"spark_window_duration": "15"}, "SPARK_WINDOW_DURATION was 10m and is 15m"),
        ({"spark_slide_duration": "2"}, "SPARK_SLIDE_DURATION was 5m and is 2m"),
        ({"spark_watermark_delay": "3 minutes"}, "SPARK_WATERMARK_DELAY was 2m and is 3m"),
        ({"spark_watermark_delay": "120.000001"}, "SPARK_WATERMARK_DELAY was 2m and is 120.000001s"),
        ({"intake_max_future": "0"}, "INTAKE_MAX_FUTURE was 5m and is 0s"),
    ],
)
def test_settings_that_shape_decisions_must_not_change(begun: SmallHome, changes: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError) as error:
        begun.stream(longer(), **changes)
    assert named in one_line(error)
    assert goes_on(begun)


def test_all_that_changed_is_named(begun: SmallHome) -> None:
    with pytest.raises(SettingsError, match=r"SPARK_SLIDE_DURATION.*SPARK_WATERMARK_DELAY"):
        begun.stream(longer(), spark_slide_duration="10", spark_watermark_delay="0")


def test_other_settings_may_change(begun: SmallHome) -> None:
    begun.stream(longer(), alert_min_views_threshold=0, archive_max_rows=1, epoch_max_bytes=1024)
    assert begun.found().accounts[0].accepted == 6


def test_another_key_is_refused(begun: SmallHome) -> None:
    with pytest.raises(KeyProblem) as error:
        begun.stream(longer(), pseudonym_key=OTHER_KEY)
    assert "another one" in one_line(error)
    assert OTHER_KEY not in str(error.value)
    assert goes_on(begun)


@pytest.mark.parametrize("key", ["", "xyz", "00" * 32, "ab" * 31])
def test_a_weak_key_is_refused(tmp_path: Path, key: str) -> None:
    home = SmallHome(tmp_path / "home")
    with pytest.raises(KeyProblem) as error:
        home.stream(longer(), pseudonym_key=key)
    assert "PSEUDONYM_KEY" in one_line(error)
    assert goes_on(home)


def test_a_key_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    home = SmallHome(tmp_path / "home", pseudonym_key=None, pseudonym_key_file=tmp_path / "keys")
    home.stream(MemoryLog([shopping(0, 3)]))
    (key,) = (tmp_path / "keys").iterdir()
    kept = key.rename(tmp_path / "kept")
    with pytest.raises(KeyProblem) as error:
        home.stream(longer())
    assert "missing" in one_line(error) and key.name in str(error.value)
    assert not key.exists()
    kept.rename(key)
    assert goes_on(home)


# Two at once


def test_a_second_pipeline_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    home = SmallHome(tmp_path / "home")
    with child(stream_until_told, home.home.folder) as (process, told):
        assert told.recv() == "streaming"
        with pytest.raises(SecondPipeline) as error:
            home.stream(longer())
        assert str(process.pid) in one_line(error)
        told.send("stop")
        assert told.recv() == "stopped"
        process.join()
    assert home.found().accounts[0].accepted == 3
    assert goes_on(home)


def test_a_pipeline_that_was_killed_holds_nobody_up(tmp_path: Path) -> None:
    home = SmallHome(tmp_path / "home")
    with child(stream_until_told, home.home.folder) as (process, told):
        assert told.recv() == "streaming"
        process.kill()
        process.join()
    assert goes_on(home)


# Store, archive and log belong together


def test_an_archive_ahead_of_its_store_is_refused(begun: SmallHome, tmp_path: Path) -> None:
    shutil.copy(begun.home.store, tmp_path / "backup")
    begun.stream(longer())
    shutil.copy(tmp_path / "backup", begun.home.store)
    with pytest.raises(ArchiveError) as error:
        begun.stream(longer())
    assert "ahead of its store: it has epoch 2, the store ends at 1" in one_line(error)


def test_an_older_archive_is_refused(begun: SmallHome, tmp_path: Path) -> None:
    shutil.copytree(begun.home.archive, tmp_path / "backup")
    begun.stream(longer())
    shutil.rmtree(begun.home.archive)
    shutil.copytree(tmp_path / "backup", begun.home.archive)
    with pytest.raises(ArchiveError) as error:
        begun.stream(longer())
    assert "older archive" in one_line(error)


def test_a_lost_archive_is_not_replaced_by_an_empty_one(begun: SmallHome) -> None:
    shutil.rmtree(begun.home.archive)
    with pytest.raises(ArchiveError) as error:
        begun.stream(longer())
    assert "no archive" in one_line(error)
    assert not begun.home.archive.exists()


def test_a_lost_store_is_not_begun_anew_beside_its_archive(begun: SmallHome) -> None:
    begun.home.store.unlink()
    with pytest.raises(ArchiveError) as error:
        begun.stream(longer())
    assert "ahead of its store" in one_line(error)


def test_another_log_is_refused_where_epochs_must_be_made_again(tmp_path: Path) -> None:
    # epochs:   1 (three events), archived   2 (three events), lost before it was
    # log then: the same three               three broken records in the place of the others
    home = SmallHome(tmp_path / "home")
    home.stream(MemoryLog([shopping(0, 3)]))
    with pytest.raises(Lost):
        home.stream(longer(), on_step=lose)
    broken = [type(entry)(entry.log_time, b"x" * len(entry.raw)) for entry in shopping(3, 6)]
    with pytest.raises(LogError) as error:
        home.stream(MemoryLog([[*shopping(0, 3), *broken]]))
    assert "epoch 2 accepted 3 events and now gives 0" in one_line(error)
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith(("archive", "reader"))], (
        "a thread that is left keeps the process from ending"
    )
    assert goes_on(home)


class Lost(Exception):
    """Stands for the end of the process."""


def lose(step: str) -> None:
    if step == "handed over":
        raise Lost
