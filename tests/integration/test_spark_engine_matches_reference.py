"""Spark gives the reference's answer on any stream, however it is cut, stopped, crashed and handed over."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.embedded_runs import Homes, homes_in_memory, user_key
from tests.support.engine_runs import LEGS, Leg, run_legs, settings_of, write_log
from tests.support.findings import assert_says
from tests.support.proof import proof_scale
from tests.support.streams import Stream, streams, wide_streams

_STORIES = 25
"""Partitions of a wide stream: as many random streams in one run of Spark."""


@pytest.fixture(scope="module")
def homes() -> Iterator[Homes]:
    with homes_in_memory() as homes:
        yield homes


def random_streams(examples: int) -> settings:
    return settings(
        max_examples=examples * proof_scale(),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a run is long: what fails is shown as it is
    )


def gives_the_reference_s_answer(homes: Homes, stream: Stream, legs: list[Leg], epoch_max_bytes: int) -> None:
    home = homes.fresh()
    write_log(home, stream, segment_bytes=1 << 20)
    run_legs(settings_of(home, stream, epoch_max_bytes), legs)
    assert_says(home, len(stream.partitions), stream.truth(user_key))


@random_streams(8)
@given(stream=wide_streams(_STORIES), epoch_max_bytes=st.sampled_from((40_000, 1 << 20)))
def test_many_streams_at_once(homes: Homes, stream: Stream, epoch_max_bytes: int) -> None:
    gives_the_reference_s_answer(homes, stream, [Leg(on_spark=True)], epoch_max_bytes)


@random_streams(16)
@given(stream=streams(), legs=LEGS, last=st.booleans(), epoch_max_bytes=st.sampled_from((1500, 1 << 20)))
def test_a_stream_that_is_stopped_and_crashed_and_handed_from_engine_to_engine(
    homes: Homes, stream: Stream, legs: list[Leg], last: bool, epoch_max_bytes: int
) -> None:
    gives_the_reference_s_answer(homes, stream, [*legs, Leg(last)], epoch_max_bytes)
