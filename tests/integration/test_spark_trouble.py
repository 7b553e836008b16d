"""What ends a stream on Spark says so in the words of clickwatch, and the next run goes on."""

import threading
import time
from pathlib import Path

import pytest

from clickwatch.errors import LogError, SecondPipeline
from clickwatch.store import schema
from clickwatch.wiring.beginning import Begun, Watch
from clickwatch.wiring.engines import StreamEngine, on_spark
from clickwatch.wiring.log import open_log
from clickwatch.wiring.pipeline import Pipeline, run_stream, stream_from
from tests.support.day_homes import MONDAY, clicks, stream
from tests.support.installations import Installation, assert_true
from tests.support.spark import shared_spark


@pytest.fixture
def home(tmp_path: Path) -> Installation:
    settings = {"ALERT_HANDLERS": "", "SPARK_EPOCH_MAX_BYTES": "20000", "LOG_SEGMENT_BYTES": "30000"}
    home = Installation(tmp_path / "home", settings)
    for seed in range(3):
        home.append({0: clicks(seed, MONDAY, 150)})
    return home


def engine() -> StreamEngine:
    def on_the_shared_one(begun: Begun) -> Pipeline:
        return on_spark(shared_spark(), begun)

    return on_the_shared_one


def stream_on_spark(home: Installation, watch: Watch | None = None) -> None:
    run_stream(home.app_settings(), threading.Event(), until_caught_up=True, watch=watch, engine=engine())


def test_damage_in_the_log_is_told_and_what_stands_before_it_is_kept(home: Installation) -> None:
    segment = sorted(home.home.log.rglob("*.ndjson"))[-1]
    sound = segment.read_bytes()
    segment.write_bytes(sound[:1000] + b"#" + sound[1001:])
    with pytest.raises(LogError, match="damaged"):
        stream_on_spark(home)
    segment.write_bytes(sound)
    stream_on_spark(home)
    assert_true(home.outcome(), home.truth())


def statuses(home: Installation) -> set[str]:
    """Of the windows that are there."""
    return {row["status"] for row in home.rows(schema.windows)} if home.home.store.exists() else set()


def lease_end(home: Installation) -> int:
    """Until when the pipeline holds its lease, µs."""
    [row] = [row for row in home.rows(schema.leases) if row["name"] == "pipeline"]
    return int(row["expires_at"])


def test_a_log_that_is_away_costs_no_lease_and_closes_no_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # epoch │ the log is away, for longer than a partition may be silent │ it is back: now it is silent
    home = Installation(tmp_path / "home", {"ALERT_HANDLERS": "", "IDLE_AFTER": "1s"})
    home.append({0: clicks(1, MONDAY, 50, last=20)})
    stop, is_there, log = threading.Event(), threading.Event(), open_log(home.app_settings())
    is_there.set()
    end_offset = log.end_offset

    def end_offset_once_it_is_there(partition: int) -> int:
        is_there.wait()
        return end_offset(partition)

    monkeypatch.setattr(log, "end_offset", end_offset_once_it_is_there)
    watch = Watch(on_epoch=lambda report: is_there.clear())

    def run() -> None:
        stream_from(log, home.app_settings(), stop, until_caught_up=False, watch=watch, engine=engine())

    running = threading.Thread(target=run)
    running.start()
    try:
        while not statuses(home):
            time.sleep(0.1)
        held_until = lease_end(home)
        while lease_end(home) == held_until:  # renewed by who is held up, and idle no partition was meanwhile
            time.sleep(0.1)
        assert "open" in statuses(home)
        is_there.set()
        while "open" in statuses(home):
            time.sleep(0.1)
    finally:
        is_there.set()
        stop.set()
        running.join()


def test_a_second_pipeline_is_refused_while_spark_streams(home: Installation) -> None:
    refused: list[str] = []

    def try_another(step: str) -> None:
        if step == "computed" and not refused:
            with pytest.raises(SecondPipeline) as error:
                stream(home)
            refused.append(str(error.value))

    stream_on_spark(home, Watch(on_step=try_another))
    assert len(refused) == 1
    assert_true(home.outcome(), home.truth())
