"""What ends a stream on Spark says so in the words of clickwatch, and the next run goes on."""

import threading
from pathlib import Path

import pytest

from clickwatch.errors import LogError, SecondPipeline
from clickwatch.wiring.engines import StreamEngine, on_spark
from clickwatch.wiring.pipeline import Begun, Pipeline, Watch, run_stream
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
